import type { AlertRow } from '../alerts/alert.ts';
import { createDraft, DraftInput } from '../alerts/draft.ts';
import { incidents } from '../db/schema.ts';
import type { Gateway } from '../gateway.ts';
import { Audience } from '../people/audience.ts';
import { canonicalTag } from '../text/tags.ts';
import { auditRow } from '../trust/audit.ts';
import type { Caller } from '../trust/operators.ts';
import { Refusal } from '../trust/refusal.ts';
import { readCap } from './read.ts';

type Read = Extract<ReturnType<typeof readCap>, { warnings: string[] }>;
type Info = Read['alert']['infos'][number];

/** A CAP alert without an end is taken to be good for this long. */
const LIFE_MS = 24 * 3_600_000;

/**
 * A CAP document from elsewhere becomes a draft for a person to judge, never a send (CP-1): its texts by
 * language, its areas as audience, all doubts as warnings.
 * @throws Refusal `cap_refused` when it cannot be read
 */
export async function draftFromCap(
  g: Gateway,
  caller: Caller,
  bytes: Uint8Array,
): Promise<{ alert: AlertRow; warnings: string[] }> {
  const read = readCap(bytes);
  if ('refused' in read) throw new Refusal('cap_refused', read.refused);
  const { alert, warnings } = read;
  const [main] = alert.infos;
  if (!main) throw new Refusal('cap_refused', 'The alert has no info: there is nothing to tell.');
  const now = g.clock.now();
  if (alert.status !== 'Actual') warnings.push(`The status is ${alert.status}: this is no real alert.`);
  if (alert.msgType !== 'Alert') warnings.push(`This is a message of type ${alert.msgType} to an earlier alert.`);
  if (alert.signed) warnings.push('The signature of the document was not verified.');
  if (main.expires === undefined) warnings.push('The alert names no end: 24 hours are assumed.');
  else if (main.expires.getTime() <= now) warnings.push('The alert has expired.');

  const incident = {
    uid: g.ids.next('inc'),
    organisation: caller.organisation.id,
    name: (main.headline || main.event || alert.identifier).slice(0, 200),
    exercise: alert.status !== 'Actual',
    createdAt: now,
  };
  const input = DraftInput.safeParse({
    incident: incident.uid,
    texts: textsOf(alert.infos),
    audience: audienceOf(alert.infos, warnings),
    urgency: main.urgency,
    severity: main.severity,
    certainty: main.certainty,
    expires: new Date(main.expires?.getTime() ?? now + LIFE_MS).toISOString(),
    scope: 'Private',
  });
  if (!input.success) throw new Refusal('cap_refused', 'The alert has no text that could be sent on.');
  await g.store.atomic((db) => [
    db.insert(incidents).values(incident),
    auditRow(db, caller, now, 'incident.create', incident.uid, { from: 'cap', exercise: incident.exercise }),
  ]);
  return { alert: await createDraft(g, caller, input.data), warnings };
}

/** Headline, description and instruction of each language; the first info of a language counts. */
function textsOf(infos: readonly Info[]) {
  const texts: Record<string, { event?: string; full: string }> = {};
  for (const info of infos) {
    const tag = canonicalTag(info.language)?.replace(/-[A-Z]{2}$/, '') ?? 'en';
    const full = [info.headline, info.description, info.instruction].filter((part) => part.trim() !== '').join('\n');
    const event = info.event.trim().slice(0, 80);
    if (full !== '') texts[tag] ??= { ...(event && { event }), full: full.slice(0, 4000) };
  }
  return texts;
}

function audienceOf(infos: readonly Info[], warnings: string[]): Audience {
  const areas = infos.flatMap((info) => info.areas);
  const codes = areas.flatMap((area) => area.geocodes).filter(({ valueName }) => /iso[ _-]?3166/i.test(valueName));
  const within = areas.flatMap((area) => [
    ...area.circles.filter(({ km }) => km > 0).map((circle) => ({ circle })),
    ...area.polygons.map((polygon) => ({ polygon })),
  ]);
  const distinct = [...new Map(within.map((shape) => [JSON.stringify(shape), shape])).values()];
  const wanted = {
    ...(codes.length > 0 && { areas: [...new Set(codes.map(({ value }) => value.trim().toUpperCase()))] }),
    // a shape says where more finely than a code: both would have to hold
    ...(codes.length === 0 && distinct.length > 0 && { within: distinct.slice(0, 50) }),
    unknownLocation: 'include',
  };
  const audience = Audience.safeParse(wanted);
  if (audience.success && (audience.data.areas || audience.data.within)) return audience.data;
  warnings.push('No area of the alert could be read: choose the audience before you submit.');
  return { areas: [] };
}
