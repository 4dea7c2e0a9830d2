import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const DEMO = fileURLToPath(new URL('../../scripts/demo.mjs', import.meta.url).href);
const LONG = 60_000;

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

/** Runs the demo as `npm run demo` does; `until` gets what was printed so far and may stop it. */
function demo(args: string[], until: (out: string, stop: () => void) => void = () => {}): Promise<Ended> {
  const { PORT: _, ...env } = process.env;
  const child = spawn(process.execPath, [DEMO, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.on('data', (bytes) => {
    out += bytes;
    until(out, () => child.kill('SIGTERM'));
  });
  child.stderr.on('data', (bytes) => {
    err += bytes;
  });
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}

describe('npm run demo', () => {
  it('plays one crisis to its end in plain lines and finds all as it had to be', { timeout: LONG }, async () => {
    const { code, out, err } = await demo(['--once']);
    expect(code, out + err).toBe(0);
    expect(out).toContain('safe 9  help 4  moved 2  unclear 1  no answer 54  unreachable 0  opted out 1');
    expect(out).toMatch(/Telegram +23 of 23/);
    expect(out).toMatch(/Sinhala +\d+ of \d+/);
    expect(out).toContain('NOT AFTER: ');
    expect(out).not.toMatch(/FAIL|\x1b\[/);
  });

  it('fails and says who was not told when a channel is missing', { timeout: LONG }, async () => {
    const { code, out, err } = await demo(['--once', '--without', 'telegram']);
    expect(code, out + err).toBe(1);
    expect(out).toContain('by Telegram 23 people had to be told, and 0 were');
    expect(out).toContain('FAIL  Everyone was told once');
  });

  it('keeps serving until it is stopped, and takes the server along', { timeout: LONG }, async () => {
    let address = '';
    let alive = false;
    const { code, out, err } = await demo(['--port', '0'], async (printed, stop) => {
      const found = /(http:\/\/localhost:\d+)\/simulator/.exec(printed)?.[1];
      if (address !== '' || !found || !printed.includes('Ctrl-C')) return;
      address = found;
      alive = (await fetch(`${address.replace('localhost', '127.0.0.1')}/readyz`)).ok;
      stop();
    });
    expect(code, out + err).toBe(0);
    expect(alive).toBe(true);
    await expect(fetch(`${address.replace('localhost', '127.0.0.1')}/readyz`)).rejects.toThrow();
  });

  it('refuses what it does not know with its usage', { timeout: LONG }, async () => {
    const { code, err } = await demo(['--without', 'pigeons']);
    expect(code).toBe(2);
    expect(err).toContain('Usage: npm run demo');
  });
});
