import { and, desc, eq, inArray, sql } from 'drizzle-orm';
import { type AlertRow, readParameters, readTexts } from '../alerts/alert.ts';
import { alerts, incidents, organisations } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';
import type { Audience } from '../people/audience.ts';
import { areaName, countryName, type Names } from '../text/names.ts';
import { type CapArea, type CapEntry, capXml } from './write.ts';

/** States in which a Public alert can be seen by everybody. */
const PUBLISHED = ['approved', 'sending', 'sent', 'cancelled', 'replaced', 'expired'] as const;

/** A published alert by its number, or undefined: private ones are as unknown as those that never were. */
export async function findPublic(g: Gateway, ref: string): Promise<AlertRow | undefined> {
  const [row] = await g.store.db
    .select()
    .from(alerts)
    .where(and(eq(alerts.ref, ref), eq(alerts.scope, 'Public'), inArray(alerts.state, [...PUBLISHED])));
  return row;
}

/** Published alerts, newest first. */
export async function listPublic(g: Gateway, only: 'current' | 'all', limit: number): Promise<AlertRow[]> {
  return g.store.db
    .select()
    .from(alerts)
    .where(
      and(
        eq(alerts.scope, 'Public'),
        inArray(alerts.state, only === 'current' ? ['approved', 'sending', 'sent'] : [...PUBLISHED]),
        only === 'current' ? sql`${alerts.expiresAt} > ${g.clock.now()}` : undefined,
      ),
    )
    .orderBy(desc(alerts.approvedAt))
    .limit(limit);
}

/** The alert as CAP 1.2 with one info per language; nothing in it tells the audience apart from its areas. */
export async function capOf(g: Gateway, alert: AlertRow): Promise<string> {
  const [organisation] = await g.store.db.select().from(organisations).where(eq(organisations.id, alert.organisation));
  const [incident] = await g.store.db.select().from(incidents).where(eq(incidents.id, alert.incident));
  const chain =
    alert.chain === null
      ? []
      : (
          await g.store.db
            .select()
            .from(alerts)
            .where(
              sql`${alerts.id} = ${alert.chain} or (${alerts.chain} = ${alert.chain} and ${alerts.id} < ${alert.id})`,
            )
            .orderBy(alerts.id)
        ).filter((row) => row.approvedAt !== null);
  const sender = `${organisation!.id}@${new URL(g.config.publicUrl).hostname}`;
  const audience = JSON.parse(alert.audience) as Audience;
  const { place } = await readParameters(g, alert);
  const infos = [];
  for (const [language, text] of Object.entries(await readTexts(g, alert))) {
    const names = await g.catalog.names(language);
    const area = areaOf(audience, names, typeof place === 'string' ? place : undefined, organisation!.country);
    infos.push({
      language,
      category: JSON.parse(alert.category),
      event: text.event,
      responseType: JSON.parse(alert.responseType),
      urgency: alert.urgency,
      severity: alert.severity,
      certainty: alert.certainty,
      eventCode: alert.eventCode ?? 'OET-000',
      effective: new Date(alert.sendAt ?? alert.createdAt),
      expires: new Date(alert.expiresAt),
      senderName: organisation!.name,
      headline: `${text.event}: ${area.areaDesc}`,
      description: text.full,
      web: `${g.config.publicUrl}/check/${alert.ref}`,
      areas: [area],
    });
  }
  return capXml({
    identifier: alert.ref,
    sender,
    senderName: organisation!.name,
    sent: new Date(alert.approvedAt ?? alert.createdAt),
    status: incident!.exercise ? 'Exercise' : organisation!.mode === 'training' ? 'Test' : 'Actual',
    msgType: alert.msgType,
    scope: 'Public',
    references: chain.map((row) => ({ sender, identifier: row.ref, sent: new Date(row.approvedAt ?? row.createdAt) })),
    infos,
  });
}

function areaOf(audience: Audience, names: Names, place: string | undefined, country: string): CapArea {
  const named = (code: string) => areaName(names, code) ?? countryName(names, code) ?? code;
  const codes = audience.areas ?? [];
  const shapes = audience.within ?? [];
  const areaDesc = codes.length > 0 ? codes.map(named).join(', ') : place === undefined ? named(country) : named(place);
  return {
    areaDesc,
    polygons: shapes.flatMap((shape) => ('polygon' in shape ? [shape.polygon] : [])),
    circles: shapes.flatMap((shape) => ('circle' in shape ? [shape.circle] : [])),
    geocodes: codes.map((value) => ({
      valueName: value.length === 2 ? ('ISO 3166-1' as const) : ('ISO 3166-2' as const),
      value,
    })),
  };
}

/** One feed entry for each published alert. */
export async function capEntries(g: Gateway): Promise<CapEntry[]> {
  const entries: CapEntry[] = [];
  for (const alert of await listPublic(g, 'all', 50)) {
    const texts = await readTexts(g, alert);
    const text = texts.en ?? Object.values(texts)[0]!;
    entries.push({
      address: `${g.config.publicUrl}/cap/${alert.ref}.xml`,
      title: `${text.event} ${alert.ref}`,
      language: texts.en ? 'en' : Object.keys(texts)[0]!,
      updated: new Date(alert.approvedAt ?? alert.createdAt),
      summary: text.full,
    });
  }
  return entries;
}
