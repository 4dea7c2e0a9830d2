import { and, eq, isNull, lt } from 'drizzle-orm';
import { idempotency } from '../db/schema.ts';
import { isUniqueViolation } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import type { Caller } from '../trust/operators.ts';
import { Refusal } from '../trust/refusal.ts';
import type { Answer } from './endpoint.ts';

/** A call that died with its process may be tried again after this long. */
const ABANDONED_MS = 60_000;

/**
 * `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): the same key and request is done once and
 * answered the same ever after. Refusals are remembered too, failures of ours are not.
 * @throws Refusal `idempotency_in_flight` (409), `idempotency_mismatch` (422), `invalid`
 */
export async function remember(
  g: Gateway,
  caller: Caller,
  key: string,
  request: string,
  run: () => Promise<Answer>,
  asProblem: (error: unknown) => Response,
): Promise<Answer> {
  if (!/^[\x21-\x7e]{1,200}$/.test(key))
    throw new Refusal('invalid', 'Idempotency-Key has 1 to 200 visible characters.');
  const keys = await g.vault.keys(caller.organisation.id);
  // with a key: a number in a short body could be found by hashing them all
  const hash = await keys.index('response', request);
  const now = g.clock.now();
  const mine = and(eq(idempotency.operator, caller.operator), eq(idempotency.key, key));
  try {
    await g.store.db.insert(idempotency).values({ operator: caller.operator, key, request: hash, createdAt: now });
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    const [row] = await g.store.db.select().from(idempotency).where(mine);
    if (!row || row.request !== hash) throw new Refusal('idempotency_mismatch');
    if (row.status !== null) {
      const { body, headers } = JSON.parse(await keys.open('response', row.responseSealed!));
      return { status: row.status, body, headers: { ...headers, 'Idempotency-Replayed': 'true' } };
    }
    const taken = await g.store.db
      .update(idempotency)
      .set({ createdAt: now })
      .where(and(mine, isNull(idempotency.status), lt(idempotency.createdAt, now - ABANDONED_MS)))
      .returning({ key: idempotency.key });
    if (taken.length === 0) throw new Refusal('idempotency_in_flight', undefined, { headers: { 'Retry-After': '1' } });
  }
  let answer: Answer;
  try {
    answer = await run();
  } catch (error) {
    const problem = asProblem(error);
    if (problem.status >= 500 || problem.status === 429) {
      await g.store.db.delete(idempotency).where(mine);
      throw error;
    }
    answer = {
      status: problem.status,
      body: await problem.json(),
      headers: { 'Content-Type': 'application/problem+json' },
    };
  }
  const responseSealed = await keys.seal('response', JSON.stringify({ body: answer.body, headers: answer.headers }));
  await g.store.db.update(idempotency).set({ status: answer.status, responseSealed }).where(mine);
  return answer;
}
