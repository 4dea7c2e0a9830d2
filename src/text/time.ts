/** Times as they were typed: the clock of the place they speak of, never of the machine. */

/** A time on the clock of its own offset. */
export interface ClockTime {
  month: number;
  day: number;
  /** 0 is Sunday */
  weekday: number;
  hour: number;
  minute: number;
  /** true when it was given as `Z`: UTC, the clock of nowhere in particular; `+00:00` is the clock of Accra and London */
  utc: boolean;
  /** minutes east of UTC */
  offset: number;
  /** epoch milliseconds */
  at: number;
}

const RFC3339 = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?(?:([Zz])|([+-])(\d\d):(\d\d))$/;
const MINUTE = 60_000;

/** @returns null when it is not an RFC 3339 time with an offset; seconds may be left out */
export function parseTime(text: string): ClockTime | null {
  const found = RFC3339.exec(text);
  const date = found && parseDay(found[1]!);
  if (!date) return null;
  const [hour, minute, second, offsetHour, offsetMinute] = [2, 3, 4, 7, 8].map((i) => Number(found[i] ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  if (hour > 23 || minute > 59 || second > 60 || offsetHour > 23 || offsetMinute > 59) return null;
  const offset = (offsetHour * 60 + offsetMinute) * (found[6] === '-' ? -1 : 1);
  const at = date.at + (hour * 60 + minute - offset) * MINUTE + second * 1000;
  return { ...date, hour, minute, utc: found[5] !== undefined, offset, at };
}

/** @param text an RFC 3339 full-date, `2026-01-13`. @returns null when there is no such day; `at` is its midnight UTC */
export function parseDay(text: string): Pick<ClockTime, 'month' | 'day' | 'weekday' | 'at'> | null {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text);
  if (!found) return null;
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || year < 1000) return null;
  return { month, day, weekday: date.getUTCDay(), at: date.getTime() };
}

/**
 * An instant as RFC 3339 on the clock of an offset.
 * @param offset `+09:00` or `-03:30`
 */
export function inOffset(at: number, offset: string): string {
  const sign = offset.startsWith('-') ? -1 : 1;
  const minutes = sign * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4, 6)));
  return new Date(at + minutes * MINUTE).toISOString().replace(/\.\d+Z$/, offset);
}
