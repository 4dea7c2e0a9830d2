import { describe, expect, it } from 'vitest';
import { countSegments } from '../../src/text/segments.ts';
import { KUMARAN, NIMALI, YUSUF } from '../people.ts';
import { stage } from './stage.ts';

const CHAMARI = { externalId: 'lk-7', languages: ['si'], addresses: [{ channel: 'sms', value: '+94712345678' }] };
const KARIM = { externalId: 'sy-7', languages: ['ar'], addresses: [{ channel: 'sms', value: '+9613123456' }] };

describe('a quake at 14:46 in Sendai', () => {
  it('is told on the clock of Sendai, which is named to those whose clock is another', async () => {
    const s = await stage();
    const abroad = {
      ...YUSUF,
      externalId: 'sy-8',
      area: 'LB-BA',
      addresses: [{ channel: 'telegram', value: '700100201' }],
    };
    const nowhere = {
      ...YUSUF,
      externalId: 'sy-9',
      area: undefined,
      addresses: [{ channel: 'telegram', value: '700100202' }],
    };
    await s.people(NIMALI, CHAMARI, KARIM, YUSUF, abroad, nowhere);
    const { texts } = await s.view(await s.tell());
    const frozen = texts as unknown as Record<string, { full: string; sms: string }>;

    expect(s.got('+818012345671').join()).not.toContain('UTC');
    const [away] = s.got('+94712345678');
    expect(away!.startsWith(`${frozen.si!.sms}\n14:46 = ජපානය (UTC+9) `)).toBe(true);
    expect(s.got('+9613123456')[0]).toContain('\n14:46 = اليابان (UTC+9)\n');

    const chat = (id: string) =>
      s.telegram.sent
        .filter((message) => String(message.chatId) === id)
        .map((message) => message.text)
        .join();
    expect(chat('700100201')).toContain(`${frozen.ar!.full}\n14:46 = اليابان (UTC+9)`);
    for (const id of ['700100200', '700100202']) {
      expect(chat(id)).toContain(frozen.ar!.full);
      expect(chat(id)).not.toContain('UTC');
    }
    expect([...s.twilio.violations, ...s.telegram.violations]).toEqual([]);
  });

  it('is counted with that line before it is approved, and a long text takes the shortest form', async () => {
    const s = await stage();
    await s.people(CHAMARI, KUMARAN);
    const parameters = {
      place: { ta: 'மியாகி மாகாணத்தின் வடக்குக் கடற்கரை', en: 'Northern coast of Miyagi' },
      time: '2026-03-11T14:46:00+09:00',
    };
    const counted = async (given: object) =>
      (
        await s.call('POST', '/api/v1/audiences/preview', {
          key: s.keys.viewer,
          body: { audience: {}, template: 'earthquake', parameters: given },
        })
      ).json.sms;
    const before = await counted(parameters);
    await s.tell({ parameters });
    const sent = [...s.got('+94712345678'), ...s.got('+818012345672')];
    expect(sent).toHaveLength(2);
    expect(before.segments).toBe(sent.reduce((sum, text) => sum + countSegments(text).segments, 0));
    expect(s.got('+94712345678')[0]).toMatch(/\n(14:46 = )?UTC\+9/);
  });
});
