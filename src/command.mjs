// The same guard as start.mjs, for the command line.
const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(
    `This is Node ${process.versions.node}. Run \`npm run -s musafir -- ...\`: npm scripts use the Node 24 that npm ci installed.`,
  );
  process.exit(1);
}
await import('./musafir.ts');
