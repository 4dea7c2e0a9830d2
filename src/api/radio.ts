import type { Context, Hono } from 'hono';
import * as z from 'zod';
import { currentBulletin, findStation, type Station, scriptOf, stationBulletins } from '../bulletins/bulletins.ts';
import { stationFeed } from '../bulletins/feed.ts';
import { scriptHtml, scriptJson, scriptSsml, scriptText } from '../bulletins/script.ts';
import { aired, audit } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';
import { Language } from '../people/person.ts';
import { canonicalTag } from '../text/tags.ts';
import type { Caller } from '../trust/operators.ts';
import { Refusal } from '../trust/refusal.ts';
import { type Answer, check, type Env, readText } from './endpoint.ts';
import { remember } from './idempotency.ts';
import { answerProblem } from './problem.ts';

const TYPES: Record<string, string> = {
  txt: 'text/plain; charset=utf-8',
  html: 'text/html; charset=utf-8',
  json: 'application/json; charset=utf-8',
  ssml: 'application/ssml+xml; charset=utf-8',
};

/** `?key=` is for stations only: a presenter's browser has no header to put a token in. */
function tokenOf(c: Context<Env>): string | undefined {
  return /^Bearer (\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? c.req.query('key');
}

async function stationOf(c: Context<Env>): Promise<Station> {
  return findStation(c.get('gateway'), c.req.param('station')!, tokenOf(c));
}

/** What stations pull, and where they say what they have aired. */
export function mountRadio(app: Hono<Env>): void {
  app.use('/radio/*', async (c, next) => {
    await next();
    c.header('Referrer-Policy', 'no-referrer');
    c.header('X-Robots-Tag', 'noindex');
  });
  app.get('/radio/:station/feed.atom', async (c) => {
    const g = c.get('gateway');
    const station = await stationOf(c);
    const all = await stationBulletins(g, station);
    const base = `${g.config.publicUrl}/radio/${station.uid}`;
    const address = (row: { language: string; number: number }) => `${base}/${row.language}/${row.number}`;
    const now = g.clock.now();
    const live = all.filter((row) => row.withdrawnAt === null && row.notAfter > now);
    const bulletins = [];
    for (const row of live)
      bulletins.push({
        script: await scriptOf(g, station, row),
        address: address(row),
        updated: new Date(row.createdAt),
      });
    const withdrawn = all
      .filter((row) => !live.includes(row))
      .map((row) => ({
        address: address(row),
        when: new Date(row.withdrawnAt ?? row.notAfter),
        reason: row.withdrawnAt ? 'withdrawn' : 'over',
      }));
    const feed = stationFeed({
      station: { name: station.name },
      address: `${base}/feed.atom`,
      created: new Date(station.createdAt),
      bulletins,
      withdrawn,
    });
    return answerOnce(c, feed, 'application/atom+xml; charset=utf-8', await g.vault.hash(feed));
  });
  app.get('/radio/:station/:language/:file', async (c) => {
    const match = /^(\d{1,9})\.(txt|html|json|ssml)$/.exec(c.req.param('file'));
    if (!match) throw new Refusal('not_found');
    return serveBulletin(c, c.req.param('language'), match[2]!, Number(match[1]));
  });
  app.get('/radio/:station/:file', async (c) => {
    const match = /^([A-Za-z0-9-]{2,35})\.(txt|html|json|ssml)$/.exec(c.req.param('file'));
    if (!match) throw new Refusal('not_found');
    return serveBulletin(c, match[1]!, match[2]!);
  });
  app.post('/radio/:station/aired', async (c) => {
    const g = c.get('gateway');
    const station = await stationOf(c);
    const text = await readText(c, 10_000);
    let json: unknown;
    try {
      json = JSON.parse(text);
    } catch {
      throw new Refusal('malformed', 'The body is not JSON.');
    }
    const told = check(Aired, json, '');
    const run = () => noteAired(g, station, told);
    const key = c.req.header('idempotency-key');
    const owner = { operator: station.uid, organisation: { id: station.organisation } } as Caller;
    const answer =
      key === undefined
        ? await run()
        : await remember(g, owner, key, text, run, (error) => answerProblem(g, error, c.get('requestId')));
    return c.json(answer.body as object, answer.status as 201, answer.headers ?? {});
  });
}

/** What a station has read on air, once for each call. */
async function noteAired(g: Gateway, station: Station, told: z.output<typeof Aired>): Promise<Answer> {
  const row = await currentBulletin(g, station, told.language, told.number);
  const keys = await g.vault.keys(station.organisation);
  const now = g.clock.now();
  const presenterSealed = told.presenter ? await keys.seal('contacts', told.presenter) : null;
  const at = told.at === undefined ? now : Date.parse(told.at);
  await g.store.atomic((db) => [
    db.insert(aired).values({ bulletin: row.id, presenterSealed, at, repeats: told.repeats }),
    db.insert(audit).values({
      organisation: station.organisation,
      at: now,
      operator: station.uid,
      action: 'bulletin.air',
      subject: station.uid,
      detail: JSON.stringify({ language: row.language, number: row.number, repeats: told.repeats }),
    }),
  ]);
  return { status: 201, body: { number: row.number, language: row.language, repeats: told.repeats } };
}

const Aired = z.strictObject({
  language: Language,
  number: z.number().int().positive().optional(),
  presenter: z.string().trim().max(100).optional(),
  at: z.iso.datetime({ offset: true }).optional(),
  repeats: z.number().int().min(1).max(100).default(1),
});

async function serveBulletin(c: Context<Env>, language: string, form: string, number?: number): Promise<Response> {
  const g = c.get('gateway');
  const station = await stationOf(c);
  const row = await currentBulletin(g, station, canonicalTag(language) ?? language, number);
  const script = await scriptOf(g, station, row);
  const nonce = g.ids.secret(12);
  const body =
    form === 'txt'
      ? scriptText(script)
      : form === 'json'
        ? scriptJson(script)
        : form === 'ssml'
          ? scriptSsml(script)
          : String(await scriptHtml(script, { nonce, refresh: 10 }));
  if (form === 'html')
    c.header('Content-Security-Policy', `default-src 'none'; style-src 'nonce-${nonce}'; frame-ancestors 'none'`);
  return answerOnce(c, body, TYPES[form]!, `${row.id}-${form}`);
}

/** With an ETag, so that asking every minute costs a 304. */
function answerOnce(c: Context<Env>, body: string, type: string, version: string): Response {
  const etag = `"${version.slice(0, 40)}"`;
  const headers = { ETag: etag, 'Cache-Control': 'private, no-cache' };
  if ((c.req.header('if-none-match') ?? '').split(/,\s*/).some((tag) => tag.replace(/^W\//, '') === etag))
    return c.body(null, 304, headers);
  return c.body(body, 200, { ...headers, 'Content-Type': type });
}
