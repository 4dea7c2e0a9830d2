import { describe, expect, it } from 'vitest';
import { isolateCodes } from './isolate.ts';

describe('codes in right-to-left text', () => {
  const cases = [
    {
      label: 'Arabic: numbers and codes keep their order',
      tag: 'ar',
      text: 'اصعد الآن LK7K3M. اتصل +94 11 232 3015 أو 011-232-3015',
      isolated: 'اصعد الآن \u2066LK7K3M\u2069. اتصل \u2066+94 11 232 3015\u2069 أو \u2066011-232-3015\u2069',
    },
    {
      label: 'Dari: a time needs no sign, a phone on a line of its own does',
      tag: 'fa-AF',
      text: 'ساعت 14:30\n+94 11 232 3015',
      isolated: 'ساعت 14:30\n\u2066+94 11 232 3015\u2069',
    },
    {
      label: 'Arabic: no sign goes into a URL',
      tag: 'ar',
      text: 'اقرأ https://x.example/2026-03-11/LK7K3M الآن',
      isolated: 'اقرأ https://x.example/2026-03-11/LK7K3M الآن',
    },
    {
      label: 'Persian: a word that is sent with its code stays before it',
      tag: 'fa',
      text: 'برای بررسی CHECK LK7K3M بفرستید. PIN ندهید',
      isolated: 'برای بررسی \u2066CHECK\u00a0LK7K3M\u2069 بفرستید. PIN ندهید',
    },
    {
      label: 'Pashto: a line that begins with a Latin name is marked, one that is all Latin is not',
      tag: 'ps',
      text: 'Embassy:\nMiyagi ته نږدې\nزلزله Miyagi',
      isolated: 'Embassy:\n\u200fMiyagi ته نږدې\nزلزله Miyagi',
    },
    {
      label: 'Arabic that is directed already',
      tag: 'ar',
      text: 'اتصل \u2066+94 11 232 3015\u2069 أو 2026-03-11',
      isolated: 'اتصل \u2066+94 11 232 3015\u2069 أو 2026-03-11',
    },
    { label: 'Sinhala is left alone', tag: 'si', text: 'අමතන්න +94 11 232 3015', isolated: 'අමතන්න +94 11 232 3015' },
  ];
  it.each(cases)('$label', ({ tag, text, isolated }) => {
    expect(isolateCodes(text, tag)).toBe(isolated);
  });
});
