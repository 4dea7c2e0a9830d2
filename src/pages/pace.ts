import type { Context } from 'hono';
import type { Env } from '../api/endpoint.ts';
import type { Gateway } from '../gateway.ts';

interface Window {
  until: number;
  used: number;
}

/** Of each process or isolate: enough against guessing, and nothing about a caller is stored. */
const windows = new WeakMap<Gateway, Map<string, Window>>();

/**
 * Counts a call from an address.
 * @param name what is counted
 * @param most calls in `period` milliseconds
 * @returns seconds to wait; 0 when the call may go on
 */
export function secondsToWait(c: Context<Env>, name: string, most: number, period: number): number {
  const g = c.get('gateway');
  let known = windows.get(g);
  if (!known) {
    known = new Map();
    windows.set(g, known);
  }
  const now = g.clock.now();
  const key = `${name} ${networkOf(c)}`;
  let window = known.get(key);
  if (!window || window.until <= now) {
    if (known.size > 20_000) known.clear();
    window = { until: now + period, used: 0 };
    known.set(key, window);
  }
  window.used++;
  return window.used > most ? Math.ceil((window.until - now) / 1000) : 0;
}

/** The caller's address, as far as the home knows it; of IPv6 the network, since one phone has many addresses in it. */
function networkOf(c: Context<Env>): string {
  const { home, config } = c.get('gateway');
  const socket = (c.env as { incoming?: { socket?: { remoteAddress?: string } } } | undefined)?.incoming?.socket;
  const forwarded = config.trustProxy ? c.req.header('x-forwarded-for')?.split(',')[0]?.trim() : undefined;
  const address =
    home === 'workers'
      ? c.req.header('cf-connecting-ip')
      : (forwarded ?? socket?.remoteAddress?.replace('::ffff:', ''));
  return address?.includes(':') ? address.split(':').slice(0, 4).join(':') : (address ?? '');
}
