// A guard in plain JavaScript: older Node versions stumble over TypeScript, or crash in better-sqlite3.
const [major] = process.versions.node.split('.').map(Number);
if (major < 24) {
  console.error(`This is Node ${process.versions.node}. Use \`npm run bench\`: npm scripts use the Node 24 of npm ci.`);
  process.exit(1);
}
await import('./main.ts');
