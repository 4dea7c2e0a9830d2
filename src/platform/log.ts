import { LOG_LEVELS, type LogLevel } from '../config.ts';
import type { Log } from '../gateway.ts';

/** One line of JSON for each event. Fields are codes, numbers and ids: nothing that names a person is ever handed in. */
export function openLog(level: LogLevel, write: (line: string) => void, now: () => number = Date.now): Log {
  const least = LOG_LEVELS.indexOf(level);
  const at = (name: LogLevel) => {
    const rank = LOG_LEVELS.indexOf(name);
    return (event: string, fields: Record<string, unknown> = {}) => {
      if (rank >= least) write(JSON.stringify({ time: new Date(now()).toISOString(), level: name, event, ...fields }));
    };
  };
  return { debug: at('debug'), info: at('info'), warning: at('warning'), error: at('error') };
}
