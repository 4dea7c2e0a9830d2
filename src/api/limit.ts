import type { Gateway } from '../gateway.ts';
import { Refusal } from '../trust/refusal.ts';

/** Calls a second that one key may make, of each process or isolate. */
const PER_SECOND = 200;

const counters = new WeakMap<Gateway, Map<string, { second: number; used: number }>>();

/**
 * Counts a call of an operator.
 * @returns RateLimit headers; @throws Refusal `rate_limited` with Retry-After
 */
export function takeCall(g: Gateway, operator: string): Record<string, string> {
  const second = Math.floor(g.clock.now() / 1000);
  const windows = counters.get(g) ?? new Map();
  counters.set(g, windows);
  let window = windows.get(operator);
  if (!window || window.second !== second) {
    if (windows.size > 10_000) windows.clear();
    window = { second, used: 0 };
    windows.set(operator, window);
  }
  window.used++;
  const headers = {
    'RateLimit-Limit': String(PER_SECOND),
    'RateLimit-Remaining': String(Math.max(0, PER_SECOND - window.used)),
    'RateLimit-Reset': '1',
  };
  if (window.used > PER_SECOND)
    throw new Refusal('rate_limited', undefined, { headers: { ...headers, 'Retry-After': '1' } });
  return headers;
}
