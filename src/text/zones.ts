/** Whose clock a time is on, said to readers whose own clock shows another hour (DESIGN section 10). */

import zones from '../../locales/time-zones.json' with { type: 'json' };
import { countryName, type Names } from './names.ts';
import { type ClockTime, parseTime } from './time.ts';

/** The times that a text speaks of. */
export interface EventClock {
  times: ClockTime[];
  /** ISO 3166-1 code of the country whose clock it is, where the parameters name one; null otherwise */
  country: string | null;
}

/** From the clearest to the shortest: `18:30 = Japan (UTC+9)`, `18:30 = UTC+9`, `UTC+9`. */
export type ZoneForm = 'named' | 'short' | 'bare';

/**
 * The clock of an alert's parameters: every time with an offset, and the country of the first place that is given
 * by its ISO code. Times given as `Z` are left out: their texts say UTC already.
 */
export function eventClock(parameters: Record<string, unknown>): EventClock {
  const values = Object.values(parameters).filter((value) => typeof value === 'string');
  const times = values.flatMap((value) => parseTime(value) ?? []).filter(({ utc }) => !utc);
  const place = values.find((value) => /^[A-Z]{2}(-[A-Z0-9]{1,3})?$/.test(value) && clocksOf(value.slice(0, 2)));
  return { times, country: place?.slice(0, 2) ?? null };
}

/**
 * A line such as `18:30 = Japan (UTC+9)` for those times of a text that are not on the reader's clock; '' when there
 * are none. It repeats the hour in place of a word for "times", so that it is right in every language.
 * @param names of the language that the text is in
 * @param reader ISO 3166-1 code of the reader's country; null when it is not known, and then nothing is said
 */
export function zoneLine(names: Names, clock: EventClock, reader: string | null, text: string, form: ZoneForm): string {
  if (reader === null) return '';
  const byZone = new Map<string, string[]>();
  for (const time of clock.times) {
    const shown = `${two(time.hour)}:${two(time.minute)}`;
    const there = clock.country !== null && clocksShowing(clock.country, time) !== 'none';
    const own = clocksShowing(reader, time);
    if (!text.includes(shown) || own === 'all' || (there && reader === clock.country)) continue;
    const utc = sayOffset(time.offset);
    const name = form === 'named' && there ? countryName(names, clock.country!) : null;
    const zone = name === null ? utc : `${name} (${utc})`;
    const hours = byZone.get(zone) ?? [];
    if (!hours.includes(shown)) byZone.set(zone, [...hours, shown]);
  }
  if (form === 'bare' && byZone.size === 1) return [...byZone.keys()][0]!;
  return [...byZone].map(([zone, hours]) => `${hours.join(', ')} = ${zone}`).join('\n');
}

/** How many clocks of a country show that hour at that moment: summer time is reckoned with. */
function clocksShowing(country: string, time: ClockTime): 'all' | 'some' | 'none' {
  const shown = clocksOf(country)?.map((zone) => offsetAt(zone, time.at) === time.offset) ?? [];
  if (!shown.includes(true)) return 'none';
  return shown.includes(false) ? 'some' : 'all';
}

function clocksOf(country: string): string[] | undefined {
  return Object.hasOwn(zones.clocks, country) ? (zones.clocks as Record<string, string[]>)[country] : undefined;
}

/** `UTC+9`, `UTC+5:45`, `UTC-3:30` */
function sayOffset(minutes: number): string {
  const size = Math.abs(minutes);
  const rest = size % 60 === 0 ? '' : `:${two(size % 60)}`;
  return `UTC${minutes < 0 ? '-' : '+'}${Math.floor(size / 60)}${rest}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Minutes east of UTC that clocks of a zone show at a moment. */
function offsetAt(zone: string, at: number): number {
  const format = formats.get(zone) ?? new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
  formats.set(zone, format);
  const shown = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')!.value;
  const found = /([+-])(\d\d):(\d\d)/.exec(shown);
  return found ? (Number(found[2]) * 60 + Number(found[3])) * (found[1] === '-' ? -1 : 1) : 0;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
