import { inArray } from 'drizzle-orm';
import { html } from 'hono/html';
import { type AlertRow, readTexts } from '../alerts/alert.ts';
import { listPublic } from '../cap/publish.ts';
import { organisations } from '../db/schema.ts';
import { hasGoneOut, timeIn } from '../delivery/ours.ts';
import type { Gateway } from '../gateway.ts';
import { chooseLanguage, direction } from '../text/tags.ts';
import { type Html, keepLanguage, proseOf } from './layout.ts';
import type { Reader } from './reader.ts';

/** Interface words for each state that is not current. */
export const STATE_WORDS = { withdrawn: 'withdrawn', replaced: 'replaced', expired: 'button_old' } as const;

const LIST = 5;

/** The newest public warnings that hold now. */
export async function currentWarnings(g: Gateway): Promise<AlertRow[]> {
  const now = g.clock.now();
  return (await listPublic(g, 'current', LIST * 2)).filter((alert) => hasGoneOut(alert, now)).slice(0, LIST);
}

/** Warnings in the language that each reader gets of each, with its own direction. */
export async function warningArticles(g: Gateway, reader: Reader, list: readonly AlertRow[]): Promise<Html[]> {
  const ids = [...new Set(list.map((alert) => alert.organisation))];
  const senders =
    ids.length === 0 ? [] : await g.store.db.select().from(organisations).where(inArray(organisations.id, ids));
  const articles: Html[] = [];
  for (const alert of list) {
    const sender = senders.find((one) => one.id === alert.organisation)!;
    const texts = await readTexts(g, alert);
    const chosen = chooseLanguage(reader.wanted, Object.keys(texts), sender.defaultLanguage);
    const language = chosen?.language ?? Object.keys(texts)[0];
    if (language === undefined) continue;
    const text = texts[language]!;
    const test = sender.mode === 'training' || alert.exercise;
    const until = await timeIn(g, alert, reader.language, alert.expiresAt);
    articles.push(html`<article class="warning ${alert.severity.toLowerCase()}">
${test ? html`<p class="test">${reader.say('exercise_prefix')}</p>` : ''}
<div lang="${language}" dir="${direction(language)}"><h2>${text.event}</h2>
<p class="prose">${proseOf(text.full)}</p></div>
<p class="about"><bdi>${sender.name}</bdi> · ${reader.say('page_until', { until, time: until })} · <a href="/check/${alert.ref}${keepLanguage(reader)}">${reader.say('page_number', { ref: alert.ref })}</a></p>
</article>`);
  }
  return articles;
}
