import { eq } from 'drizzle-orm';
import { expect } from 'vitest';
import { type Embassy, embassy, type TestGateway, testGateway } from '../../test/gateway.ts';
import { alerts, deliveries } from '../db/schema.ts';
import { deliveryToken } from '../delivery/token.ts';

/** A person of the embassy, as the API takes them. */
export interface Registered {
  externalId: string;
  languages: string[];
  nationalities: string[];
  addresses: { channel: string; value: unknown }[];
  [field: string]: unknown;
}

export interface Quake {
  t: TestGateway;
  keys: Embassy;
  incident: string;
  /** submits and approves an earthquake alert, and sends it; answers its id and number */
  alert(more?: Record<string, unknown>): Promise<{ id: string; ref: string }>;
  /** the token of the check-in link of an alert, for the n-th address */
  token(ref: string, nth?: number): Promise<string>;
  board(): Promise<Record<string, number>>;
}

/** An embassy in training with these people, before an earthquake. */
export async function quake(people: Registered[], t?: TestGateway): Promise<Quake> {
  const gateway = t ?? (await testGateway());
  const keys = await embassy(gateway, 'training');
  for (const body of people) {
    const made = await gateway.call('POST', '/api/v1/people', { key: keys.registrar, body });
    expect(made.status, made.text).toBe(201);
  }
  const opened = await gateway.call('POST', '/api/v1/incidents', { key: keys.author, body: { name: 'Sendai' } });
  const incident = opened.json.id as string;
  return {
    t: gateway,
    keys,
    incident,
    async alert(more = {}) {
      const draft = await gateway.call('POST', '/api/v1/alerts', {
        key: keys.author,
        body: {
          incident,
          template: 'earthquake',
          parameters: { place: 'JP-04', time: '2026-03-11T14:46:00+09:00' },
          audience: {},
          expires: '2026-03-11T20:00:00+09:00',
          ...more,
        },
      });
      expect(draft.status, draft.text).toBe(201);
      const { id, ref } = draft.json;
      await gateway.call('POST', `/api/v1/alerts/${id}/submit`, { key: keys.author });
      const body = { undoSeconds: 0 };
      const approved = await gateway.call('POST', `/api/v1/alerts/${id}/approve`, { key: keys.approver, body });
      expect(approved.status, approved.text).toBe(200);
      await gateway.work();
      return { id, ref };
    },
    async token(ref, nth = 0) {
      const sent = await gateway.g.store.db
        .select({ id: deliveries.id, nonce: deliveries.nonce })
        .from(deliveries)
        .innerJoin(alerts, eq(alerts.id, deliveries.alert))
        .where(eq(alerts.ref, ref))
        .orderBy(deliveries.id);
      return deliveryToken(sent[nth]!);
    },
    async board() {
      const answer = await gateway.call('GET', `/api/v1/incidents/${incident}/board`, { key: keys.viewer });
      return answer.json;
    },
  };
}

/** Posts a form as a browser without script does. */
export function post(
  t: TestGateway,
  path: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
) {
  return t.call('POST', path, {
    body: new URLSearchParams(fields).toString(),
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
  });
}

/** The fields of the first form of a page, as they stand. */
export function hiddenField(page: string, name: string): string {
  return new RegExp(`name="${name}" value="([^"]*)"`).exec(page)![1]!;
}
