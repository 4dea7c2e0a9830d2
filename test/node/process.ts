import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { until } from './embassy.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url).href);

export interface Launched {
  child: ChildProcess;
  /** everything that was printed */
  output(): string;
  /** resolves when it has ended */
  ended: Promise<void>;
  /** ends it without a farewell, with all its children when it leads a group */
  kill(): Promise<void>;
}

export interface Running extends Launched {
  url: string;
}

/** Starts a process and waits for nothing. Only what is in `env` is set. */
export function launch(command: string[], env: Record<string, string>, how: { group?: boolean } = {}): Launched {
  const child = spawn(command[0]!, command.slice(1), {
    cwd: ROOT,
    env: { PATH: process.env.PATH!, HOME: process.env.HOME ?? '/tmp', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: how.group ?? false,
  });
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', (data) => (output += data));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      if (how.group) process.kill(-child.pid!, 'SIGKILL');
      else child.kill('SIGKILL');
    }
    await ended;
  };
  return { child, output: () => output, ended, kill };
}

/** Starts a server and waits until it is ready. Only what is in `env` is set. */
export async function start(
  command: string[],
  env: Record<string, string>,
  how: { port?: number; group?: boolean; ms?: number } = {},
): Promise<Running> {
  const launched = launch(command, env, how);
  const { child, output, kill } = launched;
  try {
    const port = await until(
      'the server',
      async () => {
        if (child.exitCode !== null) throw new Error(`ended with ${child.exitCode}: ${output()}`);
        const said = how.port ?? Number(/"event":"listening".*?"port":(\d+)/.exec(output())?.[1] ?? 0);
        if (!said) return undefined;
        const ready = await fetch(`http://127.0.0.1:${said}/readyz`).catch(() => undefined);
        await ready?.body?.cancel();
        return ready?.ok ? said : undefined;
      },
      how.ms ?? 10_000,
    );
    return { ...launched, url: `http://127.0.0.1:${port}` };
  } catch (error) {
    await kill();
    throw new Error(`${(error as Error).message}: ${output()}`);
  }
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const { createServer } = await import('node:net');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
