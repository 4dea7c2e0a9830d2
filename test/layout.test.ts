import { describe, expect, it } from 'vitest';

const sources = import.meta.glob(['../src/**/*.ts'], { eager: true, query: '?raw', import: 'default' }) as Record<
  string,
  string
>;
const files = Object.fromEntries(Object.entries(sources).map(([path, text]) => [path.replace('../src/', ''), text]));
const own = Object.keys(files).filter((path) => !/\.(test|fixture)\.ts$/.test(path));

/** Which rooms a room may import from; the way of an alert goes downwards. Rooms may always import from themselves. */
const ROOMS: Record<string, string[]> = {
  channels: ['config.ts'],
  text: [],
  db: [],
  trust: ['db', 'gateway.ts'],
  people: ['channels', 'db', 'gateway.ts', 'text', 'trust'],
  alerts: ['channels', 'db', 'gateway.ts', 'people', 'text', 'trust'],
  delivery: ['alerts', 'channels', 'db', 'gateway.ts', 'people', 'text', 'trust'],
  replies: ['channels', 'db', 'delivery', 'gateway.ts', 'people', 'text', 'trust'],
  bulletins: ['alerts', 'db', 'gateway.ts', 'people', 'text', 'trust'],
  cap: ['alerts', 'bulletins', 'db', 'gateway.ts', 'people', 'text', 'trust'],
};

/** Types say nothing about the order at run time: `import type` is left out. */
function importsOf(path: string): string[] {
  const found: string[] = [];
  for (const [, clause, target] of files[path]!.matchAll(/^(?:import|export) ((?:[^'";]|\n)*?)from '([^']+)';/gm)) {
    if (!target!.startsWith('.') || /^type /.test(clause!)) continue;
    if (
      /^\{[^}]*\}\s*$/.test(clause!) &&
      clause!
        .slice(1, clause!.lastIndexOf('}'))
        .split(',')
        .every((name) => /^\s*(type\b.*)?\s*$/.test(name))
    )
      continue;
    const parts = path.split('/').slice(0, -1);
    for (const part of target!.split('/')) {
      if (part === '..') parts.pop();
      else if (part !== '.') parts.push(part);
    }
    found.push(parts.join('/'));
  }
  return found;
}

describe('the layout of src', () => {
  it('lets only platform, the openers of db and the entries know node: and cloudflare:', () => {
    const allowed = /^(platform\/|db\/(sqlite|d1)\.ts$|node\.ts$|worker\.ts$|musafir\.ts$|command\/)/;
    const guilty = own.filter((path) => !allowed.test(path) && /from '(node|cloudflare):/.test(files[path]!));
    expect(guilty).toEqual([]);
  });

  it('has channels that know nothing but the contract and the text', () => {
    const guilty = own
      .filter((path) => /^channels\/(?!index)/.test(path))
      .flatMap((path) =>
        importsOf(path)
          .filter((to) => !/^(channels|text)\//.test(to))
          .map((to) => `${path} -> ${to}`),
      );
    expect(guilty).toEqual([]);
  });

  it('imports in one direction between the rooms', () => {
    const guilty: string[] = [];
    for (const path of own) {
      const room = path.split('/')[0]!;
      const allowed = ROOMS[room];
      if (!allowed) continue;
      for (const to of importsOf(path)) {
        const target = to.split('/')[0]!;
        if (target !== room && !allowed.includes(target)) guilty.push(`${path} -> ${to}`);
      }
    }
    expect(guilty).toEqual([]);
  });

  it('has no cycle of imports', () => {
    const cycles: string[] = [];
    const done = new Set<string>();
    const walk = (path: string, way: string[]) => {
      if (way.includes(path)) {
        cycles.push([...way.slice(way.indexOf(path)), path].join(' -> '));
        return;
      }
      if (done.has(path) || !files[path]) return;
      for (const to of importsOf(path)) walk(to, [...way, path]);
      done.add(path);
    };
    for (const path of own) walk(path, []);
    expect(cycles).toEqual([]);
  });

  it('says nothing in a room of odds and ends', () => {
    expect(own.filter((path) => /(utils?|helpers?|manager|misc|common)\b/i.test(path))).toEqual([]);
  });
});
