import { and, desc, eq, inArray, isNull, sql } from 'drizzle-orm';
import { type AlertRow, readTexts, spokenOffset } from '../alerts/alert.ts';
import { alerts, bulletins, incidents, organisations, stations } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import type { Audience } from '../people/audience.ts';
import { formatTime, withoutStops } from '../text/names.ts';
import { direction } from '../text/tags.ts';
import { inOffset } from '../text/time.ts';
import { Refusal } from '../trust/refusal.ts';
import { composeScript, type Script } from './script.ts';

export type Station = typeof stations.$inferSelect;
type BulletinRow = typeof bulletins.$inferSelect;

/** A code and one below it, either way round: a station in JP-04 serves an alert for JP. */
function meets(area: string, other: string): boolean {
  return area === other || area.startsWith(`${other}-`) || other.startsWith(`${area}-`);
}

/**
 * A bulletin for every station whose areas and languages a Public alert meets. An alert for everybody, or
 * for a drawn shape, meets all stations of the organisation: one warning too many harms less than one too few.
 */
export async function announce(g: Gateway, alert: AlertRow): Promise<void> {
  if (alert.scope !== 'Public') return;
  if (alert.former !== null) await withdrawChain(g, alert);
  if (alert.template !== null && !(await g.catalog.meta(alert.template)).channels.includes('radio')) return;
  const audience = JSON.parse(alert.audience) as Audience;
  const all = await g.store.db
    .select()
    .from(stations)
    .where(and(eq(stations.organisation, alert.organisation), isNull(stations.revokedAt)));
  const tags = Object.keys(await readTexts(g, alert));
  const status = alert.msgType === 'Cancel' ? 'CORRECTION' : alert.msgType === 'Update' ? 'UPDATE' : 'NEW';
  const now = g.clock.now();
  for (const station of all) {
    const areas = JSON.parse(station.areas) as string[];
    if (
      audience.areas &&
      areas.length > 0 &&
      !areas.some((area) => audience.areas!.some((other) => meets(area, other)))
    )
      continue;
    for (const language of (JSON.parse(station.languages) as string[]).filter((tag) => tags.includes(tag)))
      await g.store.db
        .insert(bulletins)
        .select(
          sql`select null, ${alert.organisation}, ${station.id}, ${language},
                coalesce((select max(number) from ${bulletins} where station = ${station.id} and language = ${language}), 0) + 1,
                (select max(b.number) from ${bulletins} b join ${alerts} a on a.id = b.alert
                  where b.station = ${station.id} and b.language = ${language}
                    and (a.id = ${alert.chain} or a.chain = ${alert.chain})),
                ${alert.id}, ${status}, ${alert.sendAt}, ${alert.expiresAt}, ${now}, null where true`,
        )
        .onConflictDoNothing();
  }
}

/** Announces again what is going out: a process may have died between approval and announcement. */
export async function announceMissed(g: Gateway): Promise<void> {
  const going = await g.store.db
    .select()
    .from(alerts)
    .where(inArray(alerts.state, ['approved', 'sending']));
  for (const alert of going) await announce(g, alert);
}

/** A stopped alert is not read on air any more. */
export async function withdraw(g: Gateway, alert: number): Promise<void> {
  await g.store.db
    .update(bulletins)
    .set({ withdrawnAt: g.clock.now() })
    .where(and(eq(bulletins.alert, alert), isNull(bulletins.withdrawnAt)));
}

async function withdrawChain(g: Gateway, alert: AlertRow): Promise<void> {
  await g.store.db
    .update(bulletins)
    .set({ withdrawnAt: g.clock.now() })
    .where(
      and(
        isNull(bulletins.withdrawnAt),
        sql`${bulletins.alert} in (select id from ${alerts} where (id = ${alert.chain} or chain = ${alert.chain}) and id <> ${alert.id})`,
      ),
    );
}

/**
 * The bulletin that a station is to read now in a language, or one by its number.
 * @throws Refusal `no_bulletin` (404) when there never was one, `bulletin_over` (410) after NOT AFTER or when withdrawn
 */
export async function currentBulletin(
  g: Gateway,
  station: Station,
  language: string,
  number?: number,
): Promise<BulletinRow> {
  const found = await g.store.db
    .select()
    .from(bulletins)
    .where(
      and(
        eq(bulletins.station, station.id),
        eq(bulletins.language, language),
        number === undefined ? undefined : eq(bulletins.number, number),
      ),
    )
    .orderBy(desc(bulletins.number))
    .limit(50);
  if (found.length === 0) throw new Refusal('no_bulletin');
  const now = g.clock.now();
  const live = found.find((row) => row.withdrawnAt === null && row.notAfter > now);
  if (live) return live;
  const headers = { 'Cache-Control': 'no-store', 'Retry-After': '60' };
  const [latest] = found;
  throw new Refusal(
    'bulletin_over',
    latest!.withdrawnAt === null
      ? `Bulletin ${latest!.number} was not to be read after ${new Date(latest!.notAfter).toISOString()}.`
      : `Bulletin ${latest!.number} was withdrawn. Do not read it.`,
    { headers },
  );
}

/**
 * Writes a bulletin's script from the frozen radio text of its alert.
 * @throws Refusal `no_bulletin` when the text is never said on air (playbook RP-10)
 */
export async function scriptOf(g: Gateway, station: Station, row: BulletinRow): Promise<Script> {
  const [alert] = await g.store.db.select().from(alerts).where(eq(alerts.id, row.alert));
  const [organisation] = await g.store.db.select().from(organisations).where(eq(organisations.id, row.organisation));
  const [incident] = await g.store.db.select().from(incidents).where(eq(incidents.id, alert!.incident));
  const text = (await readTexts(g, alert!))[row.language]!;
  if (text.radio === undefined) throw new Refusal('no_bulletin');
  const spoken = (await g.catalog.languages()).includes(row.language) ? row.language : 'en';
  const names = await g.catalog.names(row.language);
  const slot = inOffset(row.readFrom, await spokenOffset(g, alert!));
  const words = await g.catalog.words(spoken);
  const org = organisation!.name;
  return composeScript({
    station: { name: station.name },
    language: row.language,
    direction: direction(row.language),
    number: row.number,
    ...(row.replaces !== null && { replaces: row.replaces }),
    status: row.status,
    ref: alert!.ref,
    org,
    event: text.event,
    radio: text.radio,
    words: {
      intro: words('radio_intro', {
        org,
        language: names.languages[row.language] ?? row.language,
        time: withoutStops(formatTime(names, slot, 'full')),
      }),
      number: words('radio_number', { ref: alert!.ref }),
      repeat: words('radio_repeat'),
      outro: words('radio_outro', { org }),
      exercise: words('exercise_prefix'),
      withdrawn: words('withdrawn'),
    },
    readFrom: new Date(row.readFrom),
    notAfter: new Date(row.notAfter),
    exercise: incident!.exercise,
  });
}

/** The station behind its public id and token. @throws Refusal `unauthorized`, `not_found` */
export async function findStation(g: Gateway, uid: string, token: string | undefined): Promise<Station> {
  if (!token) throw new Refusal('unauthorized', 'A station token is needed, as Bearer or ?key=.');
  const [row] = await g.store.db
    .select()
    .from(stations)
    .where(and(eq(stations.tokenHash, await g.vault.hash(token)), isNull(stations.revokedAt)));
  if (!row) throw new Refusal('unauthorized', 'The station token is wrong.');
  if (row.uid !== uid) throw new Refusal('not_found');
  return row;
}

/** Bulletins of a station for its feed, newest first. */
export async function stationBulletins(g: Gateway, station: Station): Promise<BulletinRow[]> {
  return g.store.db
    .select()
    .from(bulletins)
    .where(eq(bulletins.station, station.id))
    .orderBy(desc(bulletins.id))
    .limit(100);
}

/** How often bulletins of an alert were read on air. */
export async function airedCount(g: Gateway, incident: number): Promise<number> {
  const [row] = await rows<{ n: number }>(
    g.store,
    sql`select coalesce(sum(x.repeats), 0) as n from aired x join ${bulletins} b on b.id = x.bulletin
        join ${alerts} a on a.id = b.alert where a.incident = ${incident}`,
  );
  return row!.n;
}
