// A guard in plain JavaScript: older Node versions stumble over TypeScript, or crash in better-sqlite3, before any check of ours.
const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(
    `This is Node ${process.versions.node}. Start with \`npm start\`: npm scripts use the Node 24 that npm ci installed.`,
  );
  process.exit(1);
}
await import('./node.ts');
