import { describe, expect, it } from 'vitest';
import { minuteOfDay, quietUntil, ZONES } from './night.ts';

const at = (text: string) => Date.parse(text);

describe('the night at the place of a reader', () => {
  it('knows the clock of every zone of the table, in both homes', () => {
    expect(Object.keys(ZONES).length).toBeGreaterThan(240);
    for (const zone of Object.values(ZONES).flat()) expect(minuteOfDay(zone, 0), zone).toBeLessThan(1440);
  });

  it.each([
    ['JP', '2026-03-12T02:00:00+09:00', '2026-03-12T07:00:00+09:00'],
    ['JP', '2026-03-11T21:00:00+09:00', '2026-03-12T07:00:00+09:00'],
    ['NP', '2026-03-11T23:15:20+05:45', '2026-03-12T07:00:00+05:45'],
    // the clocks of Lebanon go forward in the night to 29 March, and back in the night to 25 October
    ['LB', '2026-03-28T22:00:00+02:00', '2026-03-29T08:00:00+03:00'],
    ['LB', '2026-10-24T22:00:00+03:00', '2026-10-25T07:00:00+02:00'],
    // midnight in New York, and nobody in Hawaii is woken at 02:00 either
    ['US', '2026-01-12T00:00:00-05:00', '2026-01-12T07:00:00-10:00'],
    ['RU', '2026-01-12T12:00:00+12:00', '2026-01-12T07:00:00+02:00'],
  ])('in %s at %s lasts until %s', (country, now, until) => {
    const then = quietUntil(country, at(now));
    expect(new Date(then).toISOString()).toBe(new Date(at(until)).toISOString());
    for (const zone of ZONES[country]!) {
      expect(minuteOfDay(zone, then)).toBeGreaterThanOrEqual(7 * 60);
      expect(minuteOfDay(zone, then)).toBeLessThan(21 * 60);
    }
  });

  it('is over at seven and has not begun a minute before nine', () => {
    expect(quietUntil('JP', at('2026-03-11T07:00:00+09:00'))).toBe(0);
    expect(quietUntil('JP', at('2026-03-11T20:59:59+09:00'))).toBe(0);
    expect(quietUntil('TH', at('2026-03-11T12:00:00Z'))).toBe(0);
    expect(quietUntil(null, at('2026-03-11T12:00:00Z'))).toBe(0);
  });
});
