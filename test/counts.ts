import type { Reporter, TestModule } from 'vitest/node';

/** Files that run on Node only, and why. A file of `test/node` that is missing here fails the run. */
export const NODE_ONLY: Record<string, string> = {
  'test/node/cap-xsd.test.ts': 'spawns xmllint',
  'test/node/wire.test.ts': 'the wire of Node against a far end that speaks bytes',
  'test/node/receipts.test.ts': 'reads the query plans of better-sqlite3',
  'test/node/sqlite.test.ts': 'opens files and reads pragmas of better-sqlite3',
  'test/node/sealed.test.ts': 'searches the bytes of a database file and its WAL',
  'test/node/journey.test.ts': 'starts the server as a process and kills it',
  'test/node/edge-journey.test.ts': 'starts workerd as a process',
  'test/node/kills.test.ts': 'starts the server as a process and kills it at every step',
  'test/node/demo.test.ts': 'starts the demo as a process',
};

/** Prints how many tests ran in each home, and names those that run in one only. */
export default class Counts implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]) {
    const counts = new Map<string, number>();
    const onlyNode = new Set<string>();
    for (const module of modules) {
      const tests = [...module.children.allTests()];
      counts.set(module.project.name, (counts.get(module.project.name) ?? 0) + tests.length);
      const path = module.moduleId.slice(module.moduleId.lastIndexOf('/test/node/') + 1);
      if (path.startsWith('test/node/')) onlyNode.add(path);
    }
    if (counts.size < 2) return;
    console.log(`\n${[...counts].map(([home, n]) => `${n} tests on ${home}`).join(', ')}. On Node only:`);
    for (const path of [...onlyNode].sort()) {
      const reason = NODE_ONLY[path];
      console.log(`  ${path}: ${reason ?? 'NO REASON GIVEN'}`);
      if (!reason) process.exitCode = 1;
    }
  }
}
