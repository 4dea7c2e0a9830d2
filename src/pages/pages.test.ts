import { describe, expect, it } from 'vitest';
import { testGateway } from '../../test/gateway.ts';
import { NIMALI } from '../../test/people.ts';
import { endonym } from '../text/endonyms.ts';
import { quake } from './quake.fixture.ts';

const LEAST = 30_000;

describe('pages for migrants', () => {
  it('show the warnings in the browser’s language, each text in its own', async () => {
    const q = await quake([NIMALI]);
    const { ref } = await q.alert();
    const arabic = await q.t.call('GET', '/', { headers: { 'Accept-Language': 'ar-SY,ar;q=0.9,en;q=0.5' } });
    expect(arabic.text).toContain('<html lang="ar" dir="rtl">');
    expect(arabic.text).toContain(await q.t.g.catalog.word('ar', 'page_alerts'));
    expect(arabic.text).toMatch(/<div lang="ar" dir="rtl"><h2>[^<]*زلزال/);
    expect(arabic.text).toContain(`\u2068${ref}\u2069`);
    // an organisation in training says so
    expect(arabic.text).toContain(await q.t.g.catalog.word('ar', 'exercise_prefix'));
    const sinhala = await q.t.call('GET', '/?lang=si', { headers: { 'Accept-Language': 'ar' } });
    expect(sinhala.text).toContain('<html lang="si" dir="ltr">');
    expect(sinhala.text).toContain(ref);
    expect(sinhala.text).toContain('href="/join?lang=si"');
    // 20:00 in Sendai, on the clock of the message
    expect(sinhala.text).toContain('20:00');
  });

  it('name each language in its own script, without flags', async () => {
    const t = await testGateway();
    const page = await t.call('GET', '/');
    for (const tag of await t.g.catalog.languages())
      expect(page.text).toMatch(new RegExp(`hreflang="${tag}"[^>]*>${endonym(tag)}</a>`));
    expect(page.text).not.toMatch(/[\u{1F1E6}-\u{1F1FF}]/u);
    const templates = (await t.g.catalog.templates()).flatMap((one) => one.languages);
    for (const tag of [...templates, ...(await t.g.catalog.languages())]) expect(endonym(tag)).not.toBe(tag);
  });

  it('weigh less than 30 kB with everything that the first page needs', async () => {
    const q = await quake([NIMALI]);
    for (let i = 0; i < 5; i++) await q.alert();
    const sizes = [];
    for (const path of [
      '/?lang=si',
      '/style.css',
      '/app.js',
      '/sw.js',
      '/icon.svg',
      '/globe.svg',
      '/manifest.webmanifest',
    ])
      sizes.push(new TextEncoder().encode((await q.t.call('GET', path)).text).length);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(LEAST);
  });

  it('carry no inline script and no inline style', async () => {
    const t = await testGateway();
    for (const path of ['/', '/join?country=JP', '/check', '/check/LKAAAAA', '/check-in/x', '/simulator']) {
      const page = await t.call('GET', path);
      expect(page.headers.get('content-security-policy'), path).toMatch(/script-src 'self'; style-src 'self'/);
      expect(page.text, path).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:/i);
      for (const [tag] of page.text.matchAll(/<script[^>]*>(?!<\/script>)/g)) expect([path, tag]).toEqual([path, '']);
    }
  });

  it('are packed on the way, where the home does not do it by itself', async () => {
    const t = await testGateway();
    const page = await t.call('GET', '/join', { headers: { 'Accept-Encoding': 'gzip' } });
    expect(page.headers.get('content-encoding')).toBe(t.g.home === 'node' ? 'gzip' : null);
  });

  it('offer the areas of the chosen country, in the page’s language', async () => {
    const t = await testGateway();
    const page = await t.call('GET', '/join?lang=ar&country=JP');
    expect(page.text).toContain('<html lang="ar" dir="rtl">');
    expect(page.text).toMatch(/<option value="JP" selected>اليابان<\/option>/);
    expect(page.text).toContain('value="JP-04"');
    expect(page.text).not.toContain('value="LB-');
    expect(page.text).toContain('JavaScript');
  });

  it('keep a language that has no page of its own yet', async () => {
    const t = await testGateway();
    const [tag] = (await t.g.catalog.templates()).flatMap((one) => one.languages).filter((one) => one !== 'en');
    const page = await t.call('GET', `/join?lang=${tag}`);
    expect(page.text).toMatch(new RegExp(`<option value="${tag}" lang="${tag}" dir="\\w+" selected>`));
    const mongolian = await t.call('GET', '/check?lang=mn');
    expect(mongolian.text).toContain('<html lang="en" dir="ltr">');
    expect(mongolian.text).toContain('<details class="languages" open>');
    expect(mongolian.text).toContain('href="/join?lang=mn"');
  });

  it('answer for a file that has not changed with 304', async () => {
    const t = await testGateway();
    const first = await t.call('GET', '/style.css');
    const etag = first.headers.get('etag')!;
    expect((await t.call('GET', '/style.css', { headers: { 'If-None-Match': etag } })).status).toBe(304);
    const manifest = await t.call('GET', '/manifest.webmanifest?lang=ar');
    expect(manifest.json).toMatchObject({ lang: 'ar', dir: 'rtl', start_url: '/?lang=ar' });
  });
});
