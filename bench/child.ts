import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Child {
  /** one question at a time */
  ask<T>(question: unknown): Promise<T>;
  end(): void;
}

/** Starts a module of this folder in a process of its own. It ends with us, whatever happens. */
export function start(module: string): Child {
  const child: ChildProcess = fork(fileURLToPath(new URL(module, import.meta.url)), [], { serialization: 'advanced' });
  process.once('exit', () => child.kill('SIGKILL'));
  return {
    ask(question) {
      return new Promise((resolve, reject) => {
        const gone = (code: number | null) => reject(new Error(`${module} ended with ${code}`));
        child.once('exit', gone);
        child.once('message', (answer) => {
          child.off('exit', gone);
          resolve(answer as never);
        });
        child.send(question as object);
      });
    },
    end: () => void child.kill('SIGKILL'),
  };
}

/** The other side: answers each question, and ends when nobody is there to ask. */
export function answer<Q>(work: (question: Q) => unknown): void {
  process.on('message', async (question) => {
    const result = await work(question as Q);
    process.send!(result ?? {});
  });
  process.once('disconnect', () => process.exit(0));
}
