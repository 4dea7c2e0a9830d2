import { describe, expect, it } from 'vitest';
import { canonicalTag, chooseLanguage, direction } from './tags.ts';

describe('a language tag', () => {
  it.each([
    ['sin', 'si'],
    ['SI-lk', 'si-LK'],
    ['ja-simple', 'ja-simple'],
    ['JA-Simple', 'ja-simple'],
    ['zh', 'zh-Hans'],
    ['zh-CN', 'zh-Hans'],
    ['zh-SG', 'zh-Hans'],
    ['zh_TW', 'zh-Hant'],
    ['zh-HK', 'zh-Hant'],
    ['zh-Hant-HK', 'zh-Hant'],
    ['prs', 'fa-AF'],
    ['prs-AF', 'fa-AF'],
    ['tl', 'fil'],
    ['tl-PH', 'fil-PH'],
    ['in', 'id'],
    ['iw', 'he'],
    ['en-us-u-ca-gregory', 'en-US'],
  ])('%s is stored as %s', (tag, canonical) => {
    expect(canonicalTag(tag)).toBe(canonical);
    expect(canonicalTag(canonical)).toBe(canonical);
  });

  it.each(['', 'x', 'සිංහල', 'english', 'en US', 'si--LK', 'en-', '../en', '12'])('refuses %j', (tag) => {
    expect(canonicalTag(tag)).toBeNull();
  });

  it.each([
    ['ar-EG', 'rtl'],
    ['ur', 'rtl'],
    ['prs', 'rtl'],
    ['ps', 'rtl'],
    ['ur-Latn', 'ltr'],
    ['uz-Arab', 'rtl'],
    ['si', 'ltr'],
    ['ja-simple', 'ltr'],
    ['nonsense!', 'ltr'],
  ])('%s is written %s', (tag, way) => {
    expect(direction(tag)).toBe(way);
  });
});

describe('choosing a language', () => {
  const shipped = ['ar', 'en', 'es', 'fa', 'fil', 'ja', 'ja-simple', 'ne', 'si', 'ta', 'zh-Hans'];

  it.each([
    [['ta', 'si'], 'ta', 'own'],
    [['am', 'si-LK'], 'si', 'own'],
    [['ar-SD'], 'ar', 'own'],
    [['ja-simple', 'ja'], 'ja-simple', 'own'],
    [['tl'], 'fil', 'own'],
    [['fa-AF'], 'fa', 'bridge'],
    [['prs', 'en'], 'en', 'own'],
    [['zh-TW'], 'zh-Hans', 'bridge'],
    [['apd'], 'ar', 'bridge'],
    [['ceb'], 'fil', 'bridge'],
    [['hi'], 'si', 'default'],
    [['om'], 'si', 'default'],
    [[], 'si', 'default'],
    [['not a tag', 'en-GB'], 'en', 'own'],
  ] as const)('for readers of %j it is %s (%s)', (wanted, language, reason) => {
    expect(chooseLanguage([...wanted], shipped, 'si')).toEqual({ language, reason });
  });

  it('keeps plain and full Japanese apart until one of them is missing', () => {
    expect(chooseLanguage(['ja-simple'], ['ja', 'en'], 'en')).toEqual({ language: 'ja', reason: 'bridge' });
    expect(chooseLanguage(['ja'], ['ja-simple', 'en'], 'en')).toEqual({ language: 'ja-simple', reason: 'bridge' });
  });

  it('takes the nearest region of the own language', () => {
    expect(chooseLanguage(['pt'], ['en', 'pt-BR', 'pt-PT'], 'en')).toEqual({ language: 'pt-BR', reason: 'own' });
    expect(chooseLanguage(['pt-AO'], ['en', 'pt-BR', 'pt-PT'], 'en')).toEqual({ language: 'pt-PT', reason: 'own' });
  });

  it('ends in English, or says that there is nothing', () => {
    expect(chooseLanguage(['hi'], ['ar', 'en'], 'ko')).toEqual({ language: 'en', reason: 'english' });
    expect(chooseLanguage(['hi'], ['ar'], 'ko')).toBeNull();
  });

  it('never takes an unrelated language for the own one, as distance tables would', () => {
    for (const tag of ['ta', 'si', 'am', 'bn', 'so', 'ti', 'my', 'km', 'ps', 'uk']) {
      expect(chooseLanguage([tag], ['en', 'ru', 'hi'], 'xx')).toEqual({ language: 'en', reason: 'english' });
    }
  });
});
