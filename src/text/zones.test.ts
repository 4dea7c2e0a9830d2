import { describe, expect, it } from 'vitest';
import { loadNames } from './names.ts';
import { namedLanguages, shippedAssets } from './shipped.fixture.ts';
import { eventClock, type ZoneForm, zoneLine } from './zones.ts';

const names = (tag: string) => loadNames(shippedAssets, tag);
const quake = { place: 'JP-04', time: '2026-01-11T18:30:00+09:00' };

async function line(
  tag: string,
  reader: string | null,
  given: Record<string, unknown> = quake,
  form: ZoneForm = 'named',
) {
  const clock = eventClock(given);
  const text = clock.times
    .map(({ hour, minute }) => [hour, minute].map((part) => String(part).padStart(2, '0')).join(':'))
    .join(' - ');
  return zoneLine(await names(tag), clock, reader, text, form);
}

describe('whose clock a time is on', () => {
  it.each([
    ['si', 'LK', '18:30 = ජපානය (UTC+9)'],
    ['ar', 'LB', '18:30 = اليابان (UTC+9)'],
    ['th', 'TH', '18:30 = ญี่ปุ่น (UTC+9)'],
    ['ja', 'US', '18:30 = 日本 (UTC+9)'],
    ['en', 'AE', '18:30 = Japan (UTC+9)'],
  ])('is said in %s to a reader in %s as %s', async (tag, reader, said) => {
    expect(await line(tag, reader)).toBe(said);
  });

  it('is not said to those who live by it, nor to those of whom nobody knows where they are', async () => {
    for (const reader of ['JP', 'KR', null]) expect(await line('si', reader)).toBe('');
    expect(await line('en', 'US', { place: 'US-NY', time: '2026-01-11T18:30:00-05:00' })).toBe('');
  });

  it('knows summer time', async () => {
    const beirut = (time: string) => line('ar', 'LB', { place: 'LB-BA', time });
    expect(await beirut('2026-01-11T18:30:00+02:00')).toBe('');
    expect(await beirut('2026-07-11T18:30:00+03:00')).toBe('');
    expect(await beirut('2026-01-11T18:30:00+03:00')).toBe('18:30 = UTC+3');
  });

  it('is said to all of a country with several clocks when the place is elsewhere', async () => {
    expect(await line('ru', 'RU', { time: '2026-01-11T18:30:00+10:00' })).toBe('18:30 = UTC+10');
    expect(await line('es', 'MX', { place: 'US-NY', time: '2026-01-11T18:30:00-05:00' })).toBe(
      '18:30 = Estados Unidos (UTC-5)',
    );
  });

  it('names several times once, each zone on a line, and only what the text holds', async () => {
    const given = { ...quake, until: '2026-01-12T06:00:00+09:00', next: '2026-01-12T07:00:00+05:45' };
    expect(await line('en', 'LK', given, 'short')).toBe('18:30, 06:00 = UTC+9\n07:00 = UTC+5:45');
    const clock = eventClock(given);
    expect(zoneLine(await names('en'), clock, 'LK', 'until 06:00', 'named')).toBe('06:00 = Japan (UTC+9)');
    expect(await line('en', 'LK', given, 'bare')).toBe('18:30, 06:00 = UTC+9\n07:00 = UTC+5:45');
    expect(await line('en', 'LK', quake, 'bare')).toBe('UTC+9');
    expect(zoneLine(await names('en'), clock, 'LK', 'no hour', 'named')).toBe('');
  });

  it('leaves out a time that says UTC itself, and a place that is no country', async () => {
    expect(await line('en', 'LK', { time: '2026-01-11T18:30:00Z' })).toBe('');
    expect(await line('en', 'LK', { place: 'Beirut', time: '2026-01-11T18:30:00+02:00' })).toBe('18:30 = UTC+2');
    expect(await line('en', 'LK', { place: 'XX', time: '2026-01-11T18:30:00-03:30' })).toBe('18:30 = UTC-3:30');
  });

  it('is written in Western digits and without invisible signs in every language', async () => {
    for (const tag of namedLanguages) {
      const said = await line(tag, 'AE');
      expect(said, tag).toMatch(/^18:30 = \P{Nd}+ \(UTC\+9\)$/u);
      expect(said, tag).not.toMatch(/[^\P{Nd}0-9]|[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
    }
  });
});
