import { sql } from 'drizzle-orm';
import type { AlertRow } from '../alerts/alert.ts';
import { ASKS_AGAIN } from '../alerts/ladder.ts';
import type { SenderName } from '../channels/index.ts';
import { deliveries } from '../db/schema.ts';
import { rows } from '../db/store.ts';
import type { Gateway } from '../gateway.ts';
import { readHalts } from './standing.ts';

/** The pace is that of so long. */
const WINDOW_MS = 30_000;
/** Before so long nothing can be said of the pace: then what the provider allows counts. */
const START_MS = 3_000;

export interface Progress {
  /** rows of the ledger; what is not sending any more is done, however it ended */
  total: number;
  done: number;
  /** of the last half minute; 0 when nothing goes out */
  perSecond: number;
  /** null when nobody can say: not started, halted, or nothing goes out */
  finishesAt: string | null;
}

interface Count {
  sender: string;
  channel: string | null;
  language: string;
  total: number;
  done: number;
  recent: number;
  last: number | null;
}

/** How far an alert is, and when it will be done at the pace of now; computed from the ledger alone. */
export async function readProgress(
  g: Gateway,
  alert: AlertRow,
): Promise<Progress & { byChannel: Record<string, Progress>; byLanguage: Record<string, Progress> }> {
  const now = g.clock.now();
  const from = Math.max(now - WINDOW_MS, alert.startedAt ?? now);
  const counts = await rows<Count>(
    g.store,
    sql`select sender, channel, language, count(*) as total, sum(state not in ('pending', 'sending')) as done,
          sum(attempted_at > ${from} and state not in ('pending', 'sending')) as recent,
          max(case when state = 'pending' then due_at end) as last
        from ${deliveries} where alert = ${alert.id} and step <= ${ASKS_AGAIN} group by sender, channel, language`,
  );
  const halts = await readHalts(g);
  const isHalted = (sender: string) => halts.some(({ name, cause }) => name === sender && cause !== 'pace');
  const seconds = Math.max(1, (now - from) / 1000);

  const sum = (group: Count[]): Progress => {
    const add = (key: 'total' | 'done' | 'recent') => group.reduce((n, one) => n + one[key], 0);
    const [total, done, recent] = [add('total'), add('done'), add('recent')];
    const open = group.filter((one) => one.done < one.total);
    const measured = recent / seconds;
    const allowed = g.senders.get((open[0]?.sender ?? 'push') as SenderName)?.perSecond ?? 0;
    const isNew = now - (alert.startedAt ?? now) < START_MS;
    const pace = measured > 0 ? measured : isNew && Number.isFinite(allowed) ? allowed : 0;
    const known = pace > 0 && alert.startedAt !== null && !open.some((one) => isHalted(one.sender));
    const last = Math.max(0, ...open.map((one) => one.last ?? 0));
    const at = Math.max(now + ((total - done) / pace) * 1000, last);
    return {
      total,
      done,
      perSecond: Math.round(measured * 10) / 10,
      finishesAt: done < total && known ? new Date(Math.ceil(at)).toISOString() : null,
    };
  };
  const by = (key: 'channel' | 'language') => {
    const groups = Map.groupBy(counts, (one) => one[key] ?? '');
    groups.delete('');
    return Object.fromEntries([...groups].map(([name, group]) => [name, sum(group)]));
  };
  const byChannel = by('channel');
  const whole = sum(counts);
  // channels go side by side: the slowest says when all is done
  const ends = Object.values(byChannel).filter((one) => one.done < one.total);
  const finishesAt = ends.some((one) => one.finishesAt === null)
    ? null
    : (ends
        .map((one) => one.finishesAt!)
        .sort()
        .at(-1) ?? null);
  return { ...whole, finishesAt, byChannel, byLanguage: by('language') };
}
