import { describe, expect, it } from 'vitest';
import { hear, refIn, withoutRef } from './hear.ts';
import { compileLexicon, type LexiconFile } from './interpret.ts';

const files = import.meta.glob(['../../locales/*/lexicon.json'], { eager: true, import: 'default' });
const lexicon = compileLexicon(Object.values(files) as LexiconFile[]);

describe('a reply to an alert that came in another language', () => {
  it('is understood in the mother tongue of somebody who was told in a fallback', () => {
    expect(hear('tôi an toàn', ['si', 'vi'], null, lexicon).meaning).toBe('safe');
    expect(hear('saya selamat', ['ar', 'id'], null, lexicon).meaning).toBe('safe');
  });

  it('is a cry for help when it is one in any of the languages', () => {
    for (const languages of [
      ['si', 'ta'],
      ['ta', 'si'],
      ['en', 'ar', 'ta'],
    ])
      expect(hear('உதவி', languages, null, lexicon).meaning).toBe('help');
    expect(hear('2', ['th', 'si'], null, lexicon).meaning).toBe('help');
  });

  it('goes to a person when nobody knows the words', () => {
    expect(hear('ඩඩඩ ෆෆෆ', ['si', 'ta'], null, lexicon).meaning).toBe('unclear');
    expect(hear('', [], null, lexicon).meaning).toBe('unclear');
  });
});

describe('the number of an alert in a reply', () => {
  it('names the alert and says nothing else', () => {
    expect(refIn('1 lk7k3m')).toBe('LK7K3M');
    expect(refIn('මම ආරක්ෂිතයි')).toBeUndefined();
    expect(withoutRef('1 LK7K3M', 'LK7K3M')).toBe('1');
    expect(withoutRef('2 JP2222', 'LK7K3M')).toBe('2 JP2222');
  });
});
