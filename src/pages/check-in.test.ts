import { describe, expect, it } from 'vitest';
import { NIMALI, YUSUF } from '../../test/people.ts';
import { replies } from '../db/schema.ts';
import { hiddenField, post, type Quake, quake } from './quake.fixture.ts';

const ARABIC_HELP = 'نحن محاصرون تحت الأنقاض، النجدة';

/** A word of the interface, as the page must show it. */
const word = (q: Quake, tag: string, key: string) => q.t.g.catalog.word(tag, key);

describe('check-in by link', () => {
  it('takes "safe" from a Sinhala page by a plain form', async () => {
    const q = await quake([NIMALI]);
    const { ref } = await q.alert();
    const path = `/check-in/${await q.token(ref)}`;
    const page = await q.t.call('GET', path);
    expect(page.status).toBe(200);
    expect(page.text).toContain('<html lang="si" dir="ltr">');
    expect(page.text).toContain(await word(q, 'si', 'button_safe'));
    expect(page.text).toContain(ref);
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect(page.headers.get('referrer-policy')).toBe('no-referrer');
    const press = hiddenField(page.text, 'press');
    const told = await post(q.t, path, { answer: '1', people: '3', words: '', press });
    expect(told.status).toBe(200);
    expect(told.text).toContain(await word(q, 'si', 'check_in_safe_done'));
    expect(await q.board()).toMatchObject({ registered: 1, safe: 1, noAnswer: 0, claimedHeads: 3 });
  });

  it('opens a case for a cry from an Arabic page, stored sealed, and queues no message', async () => {
    const q = await quake([YUSUF]);
    const { ref } = await q.alert();
    const path = `/check-in/${await q.token(ref)}`;
    const page = await q.t.call('GET', path);
    expect(page.text).toContain('<html lang="ar" dir="rtl">');
    const answer = await post(q.t, path, { answer: '2', people: '٤', words: ARABIC_HELP, press: 'abcdefgh' });
    expect(answer.text).toContain(await word(q, 'ar', 'check_in_help_done'));
    // Sendai's own number for danger to life, and the number of the case
    expect(answer.text).toMatch(/href="tel:119"/);
    expect(answer.text).toMatch(/<bdi>H\d+<\/bdi>/);
    expect(await q.board()).toMatchObject({ help: 1, openCases: 1 });
    const cases = await q.t.call('GET', '/api/v1/cases', { key: q.keys.caseworker });
    expect(cases.json.items).toMatchObject([{ externalId: 'sy-0001', incident: q.incident, state: 'open' }]);
    const [stored] = await q.t.g.store.db.select().from(replies);
    expect(JSON.stringify(stored)).not.toContain('الأنقاض');
    expect(stored).toMatchObject({ channel: 'telegram', meaning: 'help', people: 4 });
    const inbox = await q.t.call('GET', '/api/v1/replies', { key: q.keys.caseworker });
    expect(inbox.json.items[0].text).toBe(`2 4\n${ARABIC_HELP}`);
    await q.t.work();
    const alert = await q.t.call('GET', '/api/v1/cases', { key: q.keys.caseworker });
    expect(alert.json.items).toHaveLength(1);
    expect(q.t.log.join('')).not.toContain('الأنقاض');
  });

  it('counts the same form once, and a later change of mind', async () => {
    const q = await quake([NIMALI]);
    const { ref } = await q.alert();
    const path = `/check-in/${await q.token(ref)}`;
    const fields = { answer: '2', press: 'the-same-form' };
    const first = await post(q.t, path, fields);
    const again = await post(q.t, path, fields);
    const number = (text: string) => /H\d+/.exec(text)?.[0];
    expect(number(again.text)).toBe(number(first.text));
    expect(await q.t.g.store.db.select().from(replies)).toHaveLength(1);
    await post(q.t, path, { answer: '1', press: 'another-form' });
    // "safe" is noted, and the call for help stays open until a person has looked
    expect(await q.board()).toMatchObject({ help: 1, openCases: 1, saysSafe: 1 });
  });

  it('hears a cry in the words beside a tapped "safe"', async () => {
    const q = await quake([NIMALI]);
    const path = `/check-in/${await q.token((await q.alert()).ref)}`;
    const answer = await post(q.t, path, { answer: '1', words: 'my brother is trapped, please help' });
    expect(answer.text).toContain(await word(q, 'si', 'check_in_help_done'));
    expect(await q.board()).toMatchObject({ help: 1, safe: 0, openCases: 1 });
  });

  it('gives words that nobody understands to a person', async () => {
    const q = await quake([NIMALI]);
    const path = `/check-in/${await q.token((await q.alert()).ref)}`;
    await post(q.t, path, { answer: '1', words: 'qwerty zxcvb' });
    expect(await q.board()).toMatchObject({ unclear: 1, safe: 0 });
    await post(q.t, path, { answer: '', words: 'qwerty zxcvb' });
    expect(await q.board()).toMatchObject({ unclear: 1 });
  });

  it('asks again when nothing was tapped: Enter in a field never says "safe"', async () => {
    const q = await quake([NIMALI]);
    const path = `/check-in/${await q.token((await q.alert()).ref)}`;
    const page = await q.t.call('GET', path);
    const form = page.text.slice(page.text.indexOf('class="check-in"'));
    expect(/<button[^>]*value="([^"]*)"/.exec(form)?.[1]).toBe('');
    const answer = await post(q.t, path, { answer: '', people: '5', words: '' });
    expect(answer.text).toContain('value="5"');
    expect(await q.t.g.store.db.select().from(replies)).toHaveLength(0);
  });

  it('marks nobody on a shared phone until the count holds them all', async () => {
    const sister = { ...NIMALI, externalId: 'lk-0009', name: 'Kamala' };
    const q = await quake([NIMALI, sister]);
    const path = `/check-in/${await q.token((await q.alert()).ref)}`;
    const asked = await post(q.t, path, { answer: '1' });
    expect(asked.text).toContain(`<label for="people">${await word(q, 'si', 'check_in_people')}</label></p>`);
    expect(await q.board()).toMatchObject({ noAnswer: 2, safe: 0 });
    await post(q.t, path, { answer: '1', people: '2' });
    expect(await q.board()).toMatchObject({ safe: 2 });
  });

  it('says nothing to who looks over the shoulder of a discreet person', async () => {
    const q = await quake([{ ...NIMALI, languages: ['en'], profile: 'discreet' }]);
    const path = `/check-in/${await q.token((await q.alert()).ref)}`;
    const page = await q.t.call('GET', path);
    const told = await post(q.t, path, { answer: '2' });
    for (const { text } of [page, told])
      expect(text.replace(/<[^>]*>/g, ' ')).not.toMatch(/embassy|help|safe|police|case|H\d/i);
    expect(told.text).toContain((await q.t.g.catalog.reply('en', 'ack_help_discreet')).text);
    expect(await q.board()).toMatchObject({ help: 1, openCases: 1 });
  });

  it('loses no cry when understanding fails after it was stored', async () => {
    const q = await quake([NIMALI]);
    const path = `/check-in/${await q.token((await q.alert()).ref)}`;
    const { store } = q.t.g;
    const { atomic } = store;
    store.atomic = async () => {
      throw new Error('the disk is full');
    };
    const answer = await post(q.t, path, { answer: '2', words: 'qwerty' });
    store.atomic = atomic;
    expect(answer.text).toContain(await word(q, 'si', 'check_in_help_done'));
    expect(await q.board()).toMatchObject({ help: 0, openCases: 0 });
    q.t.clock.pass(60_000);
    await q.t.work();
    expect(await q.board()).toMatchObject({ help: 1, openCases: 1 });
  });

  it('shows the alert in the language that is chosen from the menu', async () => {
    const q = await quake([NIMALI]);
    const page = await q.t.call('GET', `/check-in/${await q.token((await q.alert()).ref)}?lang=ar`);
    expect(page.text).toContain('<html lang="ar" dir="rtl">');
    expect(page.text).toMatch(/<div class="warning prose" lang="ar" dir="rtl"><h2>[^<]*زلزال/);
    expect(page.headers.get('content-language')).toBe('ar');
  });

  it('answers a wrong or old link in the reader’s language', async () => {
    const q = await quake([NIMALI]);
    const { ref } = await q.alert();
    const token = await q.token(ref);
    const headers = { 'Accept-Language': 'ar-SY,ar;q=0.9' };
    for (const path of ['/check-in/1-zzzz', '/check-in/nonsense', `/check-in/${token}0`]) {
      const gone = await q.t.call('GET', path, { headers });
      expect([path, gone.status]).toEqual([path, 404]);
      expect(gone.text).toContain('dir="rtl"');
      expect(gone.text).toContain(await word(q, 'ar', 'check_in_gone'));
      expect((await post(q.t, path, { answer: '2' })).status).toBe(404);
    }
    q.t.clock.pass(6 * 24 * 3_600_000);
    expect((await q.t.call('GET', `/check-in/${token}`)).status).toBe(404);
    expect((await post(q.t, `/check-in/${token}`, { answer: '1' })).status).toBe(404);
  });
});
