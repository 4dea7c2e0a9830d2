/** Whether the texts of a language fit into an SMS everywhere, with the longest facts that they may carry. */

import type { Catalog } from './catalog.ts';
import { chooseSms, knownCountries, type SmsRule, smsRule } from './countries.ts';
import { formatTime } from './names.ts';
import { type AlertContext, ownLines, renderText, replyTail } from './render.ts';
import { countSegments, fold, mostSegments } from './segments.ts';
import type { Meta, ParameterType, RenderedText, TemplateText } from './template.ts';
import { inOffset } from './time.ts';

type Words = Record<string, string>;

/** The worst case that texts are written for, by name or by type: playbook 5.1. */
const WORST: Partial<Record<string, string>> & Partial<Record<ParameterType, string>> = {
  place: 'Beirut southern suburbs, Tyre',
  phone: '+94112338812',
  count: '12',
  road: 'airport road',
  query: 'A7K3',
  text: 'Gate 2, National Stadium',
  time: '2025-01-12T18:30:00+02:00',
  day: '2025-01-13',
};
export const WORST_FROM: AlertContext = { org: 'Embassy of Sri Lanka', ref: 'LK7K3M', whole: true };
const WORST_PHONE = '+94112338812';

/**
 * What of a template's file takes too many segments: in every country, with every reply line, with the playbook's worst
 * case and with the longest date of the language; the flash, which is one segment, after the word for TEST too.
 */
export async function lengthFaults(catalog: Catalog, template: string, tag: string): Promise<string[]> {
  const meta = await catalog.meta(template);
  const [own, english] = [await catalog.text(template, tag), await catalog.text(template, 'en')];
  if (!own || !english) return [];
  const render = (text: TemplateText, values: Words, from: AlertContext) =>
    renderText(catalog, meta, text, values, from);
  const worst = await worstValues(catalog, meta, tag);
  const longest = { ...worst, ...(await longestTimes(catalog, meta, tag)) };
  const faults = new Set<string>();
  for (const values of String(Object.values(worst)) === String(Object.values(longest)) ? [worst] : [worst, longest]) {
    const texts = { [tag]: await render(own, values, WORST_FROM), en: await render(english, values, WORST_FROM) };
    for (const fault of await smsFaults(catalog, meta, texts, tag)) faults.add(fault);
  }
  for (const from of [WORST_FROM, { ...WORST_FROM, ref: 'LK7K3M2P', exercise: true }]) {
    const { flash } = await render(own, worst, from);
    const { segments, units, encoding } = countSegments(flash);
    if (segments > 1) faults.add(`flash: ${units} units ${encoding}, takes ${segments} segments: ${flash}`);
  }
  return [...faults];
}

/** Ids of choices stand for the longest words that the language has for one. */
async function worstValues(catalog: Catalog, meta: Meta, tag: string): Promise<Words> {
  const choices = await catalog.choices(tag);
  const values: Words = {};
  for (const [name, { type }] of Object.entries(meta.parameters)) {
    const ids = Object.entries(choices[type] ?? {}).sort(([, a], [, b]) => b.length - a.length);
    values[name] = ids[0]?.[0] ?? WORST[name] ?? WORST[type]!;
  }
  return values;
}

/** The time that a language writes longest: every weekday meets every month on a two-digit day within a year. */
async function longestTimes(catalog: Catalog, meta: Meta, tag: string): Promise<Words> {
  const names = await catalog.names(tag);
  const units = (time: string) => formatTime(names, time, 'full').length;
  const times = Array.from({ length: 365 }, (_, day) => inOffset(Date.UTC(2025, 0, 1 + day, 18, 30), '+00:00'));
  const longest = times.reduce((a, b) => (units(b) > units(a) ? b : a));
  return Object.fromEntries(
    Object.entries(meta.parameters).flatMap(([name, { type }]) =>
      type === 'time' ? [[name, longest]] : type === 'day' ? [[name, longest.slice(0, 10)]] : [],
    ),
  );
}

async function smsFaults(
  catalog: Catalog,
  meta: Meta,
  texts: Record<string, RenderedText>,
  tag: string,
): Promise<string[]> {
  const faults: string[] = [];
  const measured = new Set<string>();
  for (const rule of manners()) {
    const tails: Words = {};
    for (const one of meta.asksCheckIn ? [tag, 'en'] : [])
      tails[one] = await replyTail(rule.replyPath, catalog, one, rule.noNumber ? undefined : WORST_PHONE);
    const sent = chooseSms(texts, tag, rule, tails);
    for (const problem of sent.problems) faults.push(`${sent.variant}: ${problem} stands where it may not`);
    if (measured.has(sent.text)) continue;
    measured.add(sent.text);
    const { segments, units, encoding } = countSegments(sent.text);
    if (sent.language === tag && segments > mostSegments(meta.id, encoding)) {
      const tail = sent.tail ? ` with the reply line "${sent.tail}"` : '';
      faults.push(`${sent.variant}: ${units} units ${encoding} take ${segments} segments${tail}: ${sent.text}`);
    }
  }
  return faults;
}

let distinct: SmsRule[] | undefined;

/** Each rule that differs: every country that is known, one that is not, plain ASCII; for discreet readers too. */
function manners(): SmsRule[] {
  if (distinct) return distinct;
  const rules = new Map<string, SmsRule>();
  for (const country of [...knownCountries(), null]) {
    for (const number of [true, false]) {
      const rule = { ...smsRule(country, { number }), verified: true };
      for (const one of [rule, { ...rule, neutral: true }, { ...rule, charset: 'ascii' as const }])
        rules.set(JSON.stringify(one), one);
    }
  }
  distinct = [...rules.values()];
  return distinct;
}

/** What an automatic answer is filled with at its longest. */
const WORST_REPLY: Words = {
  ...{ n: '12', case: 'H1234', localEmergency: '140', time: 'Mon 13 Jan 06:00', partner: 'Lebanese Red Cross' },
  ...{ reason: 'you told us you are safe', org: 'Embassy of Sri Lanka', place: 'Lebanon, Tyre', lang: 'English' },
  ...{ ref: 'LK7K3M', fields: 'name Kumari, phone, Tyre, Sinhala, group 3', query: 'A7K3' },
  choices: '51 Punjab, India 52 Punjab, Pakistan 53 Punakha, Bhutan',
  langMenu: '71 English 72 Sinhala 73 Tamil 74 Arabic 75 French',
};

/** Which automatic answers are longer than one segment in English, or two of GSM-7 and three of UCS-2 elsewhere. */
export function replyLengthFaults(replies: Words, tag: string): string[] {
  return Object.entries(replies).flatMap(([key, text]) => {
    const said = ownLines(text, tag).replace(/\{\{(\w+)\}\}/g, (_, name) => WORST_REPLY[name] ?? '');
    const { segments, units, encoding } = countSegments(fold(said, tag).text);
    const limit = tag === 'en' ? 1 : mostSegments('', encoding);
    return segments > limit ? [`${key}: ${units} units ${encoding} take ${segments} segments`] : [];
  });
}
