import { MachineError, type Translator } from './machine.ts';

/** The part of Cloudflare's AI binding that is used here. */
export interface AiBinding {
  run(model: string, input: { text: string; source_lang: string; target_lang: string }): Promise<unknown>;
}

const MODEL = '@cf/meta/m2m100-1.2b';
/** Of our languages those that the model was trained on. It has no Tigrinya, and Dari and plain Japanese are none to it. */
const KNOWN = 'am ar bn en es fa fr ha hi id ja km ko my ne ps pt ru si so sw ta th tr uk ur vi'.split(' ');
const CODES: Record<string, string> = {
  ...Object.fromEntries(KNOWN.map((tag) => [tag, tag])),
  fil: 'tl',
  'zh-Hans': 'zh',
};

/** Translation at the edge by the binding `AI`, where wrangler.toml has one: one call for each text. */
export function openWorkersAi(ai: AiBinding): Translator {
  return {
    name: 'workers-ai',
    async translate(texts, from, to) {
      const [source, target] = [CODES[from], CODES[to]];
      if (!source || !target) throw new MachineError('unsupported', `The model has no way from ${from} to ${to}.`);
      const translated: string[] = [];
      for (const text of texts) {
        const answer = await ai.run(MODEL, { text, source_lang: source, target_lang: target }).catch((error) => {
          // Workers AI tells a spent daily allowance and a full queue by numbers in the message
          const said = error instanceof Error ? error.message : '';
          if (/\b(3040|429)\b/.test(said)) throw new MachineError('busy', 'The model is busy. Try again later.');
          if (/\b(3036|4006)\b/.test(said))
            throw new MachineError('account', 'The allowance of Workers AI is used up.');
          throw new MachineError('down', 'The model did not answer.');
        });
        const found = (answer as { translated_text?: unknown } | null)?.translated_text;
        if (typeof found !== 'string') throw new MachineError('down', 'The model answered with something else.');
        translated.push(found);
      }
      return translated;
    },
  };
}
