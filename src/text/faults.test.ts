import { describe, expect, it } from 'vitest';
import { loadCatalog } from './catalog.ts';
import { localeFaults, missingFiles, templateFaults } from './faults.ts';
import { lengthFaults, replyLengthFaults } from './fits.ts';
import { shippedAssets, shippedFiles } from './shipped.fixture.ts';
import type { TemplateText } from './template.ts';

const FLOOD = 'templates/flood/ar.json';
const unrest = shippedFiles.get('templates/civil_unrest/ar.json') as TemplateText;

/** The faults of the Arabic flood when something in it is changed. */
function changed(change: (file: TemplateText) => void, path = FLOOD): string[] {
  const file = structuredClone(shippedFiles.get(path)) as TemplateText;
  change(file);
  return templateFaults(new Map([...shippedFiles, [path, file]]), path);
}
const sms = (change: (text: string) => string) =>
  changed((file) => {
    file.texts.sms = change(file.texts.sms);
  });

describe('the faults of a template', () => {
  it('are none in a file as it is shipped', () => {
    expect(changed(() => {})).toEqual([]);
  });

  it.each<[string, string[], RegExp]>([
    ['a placeholder is lost', sms((text) => text.replace('{{place}}', 'هنا')), /^sms: holds .*must hold .*place/],
    ['a placeholder is misspelt', sms((text) => text.replace('{{place}}', '{{plase}}')), /^sms: holds .*plase/],
    ['a brace is left open', sms((text) => text.replace('{{place}}', '{{place')), /^sms: holds/],
    ['a number is added', sms((text) => `${text} 3`), /^sms: numbers are 3, in English none/],
    ['digits are native', sms((text) => `${text} ٣`), /^sms: native digits/],
    ['a direction mark hides', sms((text) => `\u200f${text}`), /^sms: invisible character U\+200f/],
    ['a space is doubled', sms((text) => text.replace(' ', '  ')), /^sms: stray space/],
    ['letters are typed apart', sms((text) => `${text}e\u0301`), /^sms: not NFC/],
    ['a Persian letter slipped in', sms((text) => `${text}ک`), /^sms: "ک" is a letter of a neighbour/],
    ['a Bengali letter slipped in', sms((text) => `${text}ক`), /^sms: "ক" is of another script/],
    [
      'most of it is English',
      sms((text) => `${text} ${'Do not walk in the water. '.repeat(9)}now`),
      /^sms: most letters/,
    ],
    ['it is empty', sms(() => ' '), /^sms: is empty/],
    [
      'it is a copy',
      sms(() => (shippedFiles.get('templates/flood/en.json') as TemplateText).texts.sms),
      /^sms: equals templates\/flood\/en\.json/,
    ],
    [
      'the radio text is gone',
      changed((file) => {
        delete file.texts.radio;
      }),
      /^radio: is missing/,
    ],
    [
      'a neutral text stands where English has none',
      changed((file) => {
        file.texts.neutral = unrest.texts.neutral!;
      }),
      /^neutral: must not be there/,
    ],
    [
      'the radio has brackets',
      changed((file) => {
        file.texts.radio += ' (هنا)';
      }),
      /^radio: "\(" cannot be read aloud/,
    ],
    [
      'the source is said once',
      changed((file) => {
        file.texts.radio = file.texts.radio!.replace(/\{\{org\}\}(?!.*\{\{org\}\})/s, 'نحن');
      }),
      /^radio: \{\{org\}\} must be said/,
    ],
    [
      'nobody has signed',
      changed((file) => {
        file.review.state = 'reviewed';
      }),
      /^review: "reviewed" needs by/,
    ],
    [
      'the notes are empty',
      changed((file) => {
        file.notes = '';
      }),
      /^notes:/,
    ],
    [
      'the language is another',
      changed((file) => {
        file.language = 'fa';
      }),
      /^language: is not "ar"/,
    ],
    [
      'a field is invented',
      changed((file) => {
        Object.assign(file, { status: 'ok' });
      }),
      /^has not exactly the fields/,
    ],
    [
      'a romanised text has a mark',
      changed((file) => {
        file.texts.ascii = `${file.texts.sms} é`;
      }),
      /^ascii: ".*" is not plain ASCII/,
    ],
    [
      'an English sentence is long',
      changed((file) => {
        file.texts.full = `{{place}} {{until}} {{ref}} {{org}} ${'and more '.repeat(10)}`.trim();
      }, 'templates/flood/en.json'),
      /^full: more than 16 words/,
    ],
  ])('name it when %s', (_, faults, named) => {
    expect(faults.filter((fault) => named.test(fault))).not.toEqual([]);
  });

  it('ask for a text in Latin letters where readers have one and no rule can make it', () => {
    const without = (path: string) =>
      changed((file) => {
        delete file.texts.ascii;
      }, path);
    expect(without('templates/flood/si.json')).toContain('ascii: is missing');
    expect(without('templates/flood/vi.json')).toEqual([]);
    expect(without('templates/flood/km.json')).toEqual([]);
  });
});

describe('the lengths of a template', () => {
  const longer = (length: 'sms' | 'flash' | 'neutral', template: string, tag: string, more: string) => {
    const path = `templates/${template}/${tag}.json`;
    const file = structuredClone(shippedFiles.get(path)) as TemplateText;
    file.texts[length] += more;
    const read = async (asked: string) => (asked === path ? file : shippedAssets.read(asked));
    return lengthFaults(loadCatalog({ read }), template, tag);
  };

  it('are measured in the worst case', async () => {
    expect(await longer('sms', 'flood', 'ar', '')).toEqual([]);
    expect(await longer('sms', 'flood', 'ar', ' ماء'.repeat(30))).toContainEqual(
      expect.stringMatching(/^sms: \d+ units UCS-2 take \d segments with the reply line/),
    );
    expect(await longer('neutral', 'civil_unrest', 'ar', ' ماء'.repeat(30))).toContainEqual(
      expect.stringMatching(/^neutral: /),
    );
    expect(await longer('flash', 'flood', 'en', ' Water. '.repeat(16))).toContainEqual(
      expect.stringMatching(/^flash: \d+ units GSM-7, takes 2 segments/),
    );
    // measured with whole names: that a sent SMS would shorten them hides nothing
    let [words, faults] = [0, await longer('sms', 'flood', 'ar', '')];
    for (; faults.length === 0; words++) faults = await longer('sms', 'flood', 'ar', ' ماء'.repeat(words));
    expect(faults[0]).toContain('Beirut southern suburbs, Tyre');
    expect(await longer('sms', 'flood', 'en', '…ම')).toContainEqual(expect.stringMatching(/^sms: .*UCS-2/));
  });

  it('are measured for the answers too', () => {
    expect(replyLengthFaults({ ack: 'x'.repeat(161) }, 'en')).toEqual(['ack: 161 units GSM-7 take 2 segments']);
    expect(replyLengthFaults({ ack: 'x'.repeat(161) }, 'id')).toEqual([]);
    expect(replyLengthFaults({ ack: 'ම'.repeat(202) }, 'si')).toEqual(['ack: 202 units UCS-2 take 4 segments']);
  });
});

describe('the faults of words and of a language', () => {
  it('name what is missing, strange, different or copied', () => {
    const path = 'locales/ar/replies.json';
    const file = structuredClone(shippedFiles.get(path)) as { replies: Record<string, string> };
    const english = shippedFiles.get('locales/en/replies.json') as typeof file;
    expect(localeFaults(shippedFiles, path)).toEqual([]);
    delete file.replies.ack_safe;
    file.replies.strange = 'نعم';
    file.replies.ack_help = english.replies.ack_help!;
    file.replies.start_done = 'أهلا';
    const faults = localeFaults(new Map([...shippedFiles, [path, file]]), path);
    expect(faults).toContain('ack_safe: is missing');
    expect(faults).toContain('strange: English has no such text');
    expect(faults).toContain('ack_help: equals English');
    expect(faults).toContainEqual(expect.stringMatching(/^start_done: holds ; must hold lang,org,place/));
  });

  it('name the files that a new language lacks', () => {
    expect(missingFiles(shippedFiles, 'lo')).toEqual(
      expect.arrayContaining(['templates/flood/lo.json', 'locales/lo/replies.json']),
    );
    expect(missingFiles(shippedFiles, 'en')).toEqual([]);
  });
});
