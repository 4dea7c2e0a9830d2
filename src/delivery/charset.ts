import { type SQL, sql } from 'drizzle-orm';
import { type AlertRow, readTexts } from '../alerts/alert.ts';
import { smsFor } from '../alerts/sms.ts';
import type { Gateway } from '../gateway.ts';
import { charsetCountries } from '../text/countries.ts';

/** Once for each alert: its texts are frozen. */
const fallbacks = new WeakMap<Gateway, { alert: number; fallen: [country: string, languages: string[]][] }>();

/**
 * Whether an SMS is told in English because the country's networks carry no such script (playbook finding 3): the
 * ledger says so from the start, whichever step of the plan it is.
 * @param address alias of `addresses` in the statement
 * @param choice alias of `alert_languages`: the language that the person reads
 */
export async function fallsBack(g: Gateway, alert: AlertRow, address: string, choice: string): Promise<SQL> {
  const fallen = await fallenLanguages(g, alert);
  // tags and codes of closed forms: not bound, since D1 binds 100 values in a statement
  const tests = fallen.map(([country, languages]) => {
    const quoted = languages.map((tag) => `'${tag}'`).join(', ');
    return `(${address}.channel = 'sms' and ${address}.country = '${country}' and ${choice}.language in (${quoted}))`;
  });
  return sql.raw(tests.length > 0 ? `(${tests.join(' or ')})` : '0');
}

async function fallenLanguages(g: Gateway, alert: AlertRow): Promise<[string, string[]][]> {
  const known = fallbacks.get(g);
  if (known?.alert === alert.id) return known.fallen;
  const texts = await readTexts(g, alert);
  const manner = { asks: alert.asksCheckIn, bilingual: false, simulated: false };
  const fallen: [string, string[]][] = [];
  for (const country of charsetCountries()) {
    const languages: string[] = [];
    for (const language of Object.keys(texts).filter((tag) => /^[A-Za-z0-9-]+$/.test(tag))) {
      const chosen = await smsFor(g, texts, { language, country, discreet: false }, manner);
      if (chosen.language !== language) languages.push(language);
    }
    if (languages.length > 0) fallen.push([country, languages]);
  }
  fallbacks.set(g, { alert: alert.id, fallen });
  return fallen;
}
