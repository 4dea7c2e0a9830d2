import { describe, expect, it } from 'vitest';
import { createTwilio } from '../../test/farends/twilio.ts';
import { embassy, type TestGateway, testGateway } from '../../test/gateway.ts';

const TWILIO = {
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'secret',
  TWILIO_FROM: '+15005550006',
  SMS_RATE: '1000',
};
const farEnd = () =>
  createTwilio({
    accountSid: TWILIO.TWILIO_ACCOUNT_SID,
    authToken: TWILIO.TWILIO_AUTH_TOKEN,
    senders: [TWILIO.TWILIO_FROM],
  });

/** One person for each phone, all in Miyagi, told of unrest there. */
async function tell(t: TestGateway, people: object[], alert: { languagePolicy?: string } = {}) {
  const keys = await embassy(t);
  for (const person of people)
    await t.call('POST', '/api/v1/people', { key: keys.registrar, body: { area: 'JP-04', ...person } });
  const incident = (await t.call('POST', '/api/v1/incidents', { key: keys.author, body: { name: 'Sendai' } })).json.id;
  const body = {
    incident,
    template: 'civil_unrest',
    parameters: { place: 'JP-04', until: '2026-03-11T22:00:00+09:00' },
    audience: { areas: ['JP-04'] },
    expires: '2026-03-12T00:00:00+09:00',
    ...alert,
  };
  const preview = await t.call('POST', '/api/v1/audiences/preview', {
    key: keys.author,
    body: { audience: body.audience, template: body.template, languagePolicy: body.languagePolicy },
  });
  const { id, texts } = (await t.call('POST', '/api/v1/alerts', { key: keys.author, body })).json;
  await t.call('POST', `/api/v1/alerts/${id}/submit`, { key: keys.author });
  await t.call('POST', `/api/v1/alerts/${id}/approve`, { key: keys.approver, body: { undoSeconds: 0 } });
  await t.work();
  const ledger = (await t.call('GET', `/api/v1/alerts/${id}/deliveries`, { key: keys.viewer })).json.items;
  return { texts, ledger, preview: preview.json };
}
const phone = (value: string, language: string, more: object = {}) => ({
  languages: [language],
  addresses: [{ channel: 'sms', value }],
  ...more,
});

describe('the SMS of an alert', () => {
  it('is neutral in both languages where the country or the person needs it', async () => {
    const twilio = farEnd();
    const t = await testGateway(TWILIO, [twilio]);
    const people = [phone('+971501234567', 'ta'), phone('+818012345671', 'si', { profile: 'discreet' })];
    const { texts } = await tell(t, people, { languagePolicy: 'bilingual' });
    expect(twilio.sent).toHaveLength(2);
    for (const { to, body } of twilio.sent) {
      const own = to.startsWith('+971') ? texts.ta : texts.si;
      expect(body, to).toContain(own.neutral.split('\n')[0]);
      expect(body, to).toContain(texts.en.neutral);
      expect(body, to).not.toContain(texts.en.sms);
      expect(body.indexOf(texts.en.neutral), 'the reply line comes last').toBeLessThan(
        body.length - texts.en.neutral.length - 5,
      );
    }
    expect(twilio.violations).toEqual([]);
  });

  it('to a network that carries no Arabic script is English, and the ledger and the preview say so', async () => {
    const twilio = farEnd();
    const t = await testGateway(TWILIO, [twilio]);
    const { ledger, preview } = await tell(t, [phone('+821012345678', 'ar'), phone('+818012345671', 'ar')]);
    expect(preview.byFallback).toEqual({ charset: 1 });
    const byReason = Object.fromEntries(
      ledger.map((row: { languageReason: string; language: string }) => [row.languageReason, row.language]),
    );
    expect(byReason).toEqual({ charset: 'en', own: 'ar' });
    expect(twilio.sent.find(({ to }) => to.startsWith('+82'))?.body).toMatch(/^Embassy of Sri Lanka: Trouble/);
  });

  it('to the same network is plain letters where the language has them, and counts as the own language', async () => {
    const twilio = farEnd();
    const t = await testGateway(TWILIO, [twilio]);
    const { texts, ledger, preview } = await tell(t, [phone('+821012345678', 'vi'), phone('+821012345679', 'so')], {
      languagePolicy: 'bilingual',
    });
    expect(preview.byFallback).toEqual({});
    expect(ledger.map((row: { languageReason: string }) => row.languageReason)).toEqual(['own', 'own']);
    for (const { to, body } of twilio.sent) {
      expect(body).toMatch(/^[\n -~]+$/);
      expect(body).toContain(to.endsWith('8') ? texts.vi.ascii : texts.so.ascii);
      expect(body).toContain(texts.en.sms);
    }
    expect(twilio.sent).toHaveLength(2);
  });

  it('is not counted as reached when the channel has no settings', async () => {
    const t = await testGateway();
    const { preview, ledger } = await tell(t, [phone('+818012345671', 'si')]);
    expect(preview.off).toEqual({ sms: 1 });
    expect(ledger.map((row: { errorCode: string }) => row.errorCode)).toEqual(['channel_off']);
  });
});
