/** Which clock people live by, and when they sleep. */

import table from '../../locales/time-zones.json' with { type: 'json' };

/** Playbook MS-15: what is not about danger to life waits from 21:00 to 07:00 at the receiver's place. */
const EVENING = 21 * 60;
const MORNING = 7 * 60;
const MINUTE = 60_000;
const DAY = 24 * 60;

const clocks = new Map<string, Intl.DateTimeFormat>();

/** Every zone of the table, for the test that both homes know them. */
export const ZONES: Record<string, string[]> = table.clocks;

/**
 * Minutes since midnight on the clock of a place.
 * @param zone IANA, such as `Asia/Tokyo`
 */
export function minuteOfDay(zone: string, at: number): number {
  let clock = clocks.get(zone);
  if (!clock) {
    clock = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      hour: 'numeric',
      minute: 'numeric',
    });
    clocks.set(zone, clock);
  }
  const parts = clock.formatToParts(at);
  const part = (type: string) => Number(parts.find((one) => one.type === type)?.value ?? 0);
  return part('hour') * 60 + part('minute');
}

/**
 * When somebody in a country may be written to again: in a country of several clocks as long as it is night on any
 * of them, since we know the country more often than the town.
 * @param country ISO 3166-1; null or one that is not in the table counts as UTC
 * In the night in which the clocks go forward that is an hour late.
 * @returns epoch milliseconds of the next full minute at which nobody sleeps; 0 when nobody does now
 */
export function quietUntil(country: string | null, at: number): number {
  const zones = ZONES[country ?? ''] ?? ['UTC'];
  let then = at;
  // clocks far apart take turns at night: a country that never wakes as a whole is written to after a day
  for (let rounds = 0; rounds < 12; rounds++) {
    const waits = zones.map((zone) => {
      const minute = minuteOfDay(zone, then);
      if (minute >= MORNING && minute < EVENING) return 0;
      return (MORNING - minute + DAY) % DAY;
    });
    const wait = Math.max(...waits);
    if (wait === 0) return then === at ? 0 : then;
    then = Math.floor(then / MINUTE) * MINUTE + wait * MINUTE;
    if (then - at > DAY * MINUTE) break;
  }
  return then;
}
