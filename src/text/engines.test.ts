import { describe, expect, it } from 'vitest';
import { type Fault, wireTo } from '../../test/farends/farend.ts';
import { createLibreTranslate, type LibreTranslateOptions } from '../../test/farends/libretranslate.ts';
import { openLibreTranslate } from './libretranslate.ts';
import { openWorkersAi } from './workers-ai.ts';

const open = (options: LibreTranslateOptions = {}, key?: string) => {
  const farEnd = createLibreTranslate(options);
  return { farEnd, machine: openLibreTranslate({ url: farEnd.origin, key }, wireTo(farEnd)) };
};

describe('a LibreTranslate server', () => {
  it('translates all lengths in one call, by its own codes', async () => {
    const { farEnd, machine } = open({ key: 'secret' }, 'secret');
    expect(await machine.translate(['Gate ZQ0QZ', 'Go'], 'en', 'si')).toEqual(['<si> Gate ZQ0QZ', '<si> Go']);
    await machine.translate(['Go'], 'ar', 'fil');
    expect(farEnd.asked.map(({ source, target }) => `${source} ${target}`)).toEqual(['en si', 'ar tl']);
    expect(farEnd.violations).toEqual([]);
  });

  it('of an older kind knows Chinese by another code', async () => {
    const { machine } = open({ languages: { en: ['zh'], zh: ['en'] } });
    expect(await machine.translate(['Go'], 'en', 'zh-Hans')).toEqual(['<zh> Go']);
  });

  it('is not asked for what it has not', async () => {
    const { farEnd, machine } = open({ languages: { en: ['si'], si: ['en'], ta: [] } });
    for (const to of ['ti', 'ta', 'ja-simple', 'fa-AF'])
      await expect(machine.translate(['Go'], 'en', to)).rejects.toMatchObject({ code: 'unsupported' });
    expect([farEnd.asked, farEnd.violations]).toEqual([[], []]);
  });

  const CASES: [string, Fault, string][] = [
    ['429', { answer: { status: 429 } }, 'busy'],
    ['403', { answer: { status: 403 } }, 'account'],
    ['400', { answer: { status: 400 } }, 'unsupported'],
    ['500', { answer: { status: 500 } }, 'down'],
    ['a shorter list', { answer: { status: 200, body: { translatedText: ['one'] } } }, 'down'],
    ['no list', { answer: { status: 200, body: { translatedText: 'one' } } }, 'down'],
    ['null', { answer: { status: 200, body: [null] } }, 'down'],
    ['a page', 'garbage', 'down'],
    ['nothing', 'cut', 'down'],
    ['nothing in time', 'accept_then_hang', 'down'],
  ];
  it.each(CASES)('that answers %s is %s', async (_, fault, code) => {
    const { farEnd, machine } = open();
    farEnd.fail(fault);
    await expect(machine.translate(['Go', 'Stay'], 'en', 'si')).rejects.toMatchObject({ code });
    expect(await machine.translate(['Go'], 'en', 'si')).toEqual(['<si> Go']);
  });

  it('with a wrong key says which setting', async () => {
    const { machine } = open({ key: 'secret' }, 'wrong');
    await expect(machine.translate(['Go'], 'en', 'si')).rejects.toThrow('TRANSLATE_KEY');
  });
});

describe('Workers AI', () => {
  const model = (answer: (text: string) => unknown) => {
    const asked: unknown[] = [];
    const run = async (name: string, input: { text: string; source_lang: string; target_lang: string }) => {
      asked.push([name, input]);
      return answer(input.text);
    };
    return { asked, machine: openWorkersAi({ run }) };
  };

  it('is asked for one text at a time, by the codes of m2m100', async () => {
    const { asked, machine } = model((text) => ({ translated_text: `tl ${text}` }));
    expect(await machine.translate(['Go', 'Stay'], 'zh-Hans', 'fil')).toEqual(['tl Go', 'tl Stay']);
    expect(asked[1]).toEqual(['@cf/meta/m2m100-1.2b', { text: 'Stay', source_lang: 'zh', target_lang: 'tl' }]);
  });

  it('knows no Tigrinya, and its faults are told apart', async () => {
    const failing = (message: string) =>
      model(() => Promise.reject(new Error(message))).machine.translate(['Go'], 'en', 'si');
    await expect(model(() => ({})).machine.translate(['Go'], 'en', 'ti')).rejects.toMatchObject({
      code: 'unsupported',
    });
    await expect(model(() => ({})).machine.translate(['Go'], 'en', 'si')).rejects.toMatchObject({ code: 'down' });
    await expect(failing('3040: Capacity temporarily exceeded')).rejects.toMatchObject({ code: 'busy' });
    await expect(failing('4006: daily free allocation used up')).rejects.toMatchObject({ code: 'account' });
    await expect(failing('network')).rejects.toMatchObject({ code: 'down' });
  });
});
