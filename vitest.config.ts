import { defineConfig } from 'vitest/config';

const include = ['src/**/*.test.ts', 'test/**/*.test.ts'];
export default defineConfig({
  test: { projects: [{ test: { name: 'node', isolate: false, include } }] },
});
