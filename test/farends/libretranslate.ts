import { Broken, type FarEnd, type Fault } from './farend.ts';

export interface LibreTranslateOptions {
  origin?: string;
  /** without it the server asks for none */
  key?: string;
  /** what it knows, by code, with what each can be translated into; every pair when absent */
  languages?: Record<string, string[]>;
  /** the engine; it says the target and the text when absent */
  say?: (text: string, target: string) => string;
}

export interface LibreTranslateFarEnd extends FarEnd {
  /** what was asked, in order */
  readonly asked: { q: string[]; source: string; target: string }[];
}

const ALL = 'ar bn en es fa fr hi id ja ko ne pt ru si ta th tl tr uk ur vi zh-Hans'.split(' ');
const FIELDS = ['q', 'source', 'target', 'format', 'alternatives', 'api_key'];
const LONGEST = 20_000;

/** A strict LibreTranslate 1.6: `GET /languages` and `POST /translate` as its OpenAPI says, faults as `{error}`. */
export function createLibreTranslate(options: LibreTranslateOptions = {}): LibreTranslateFarEnd {
  const { origin = 'https://translate.example.org', say = (text, target) => `<${target}> ${text}` } = options;
  const languages = options.languages ?? Object.fromEntries(ALL.map((code) => [code, ALL]));
  const violations: string[] = [];
  const faults: Fault[] = [];
  const asked: LibreTranslateFarEnd['asked'] = [];
  const refuse = (status: number, error: string, violation = true) => {
    if (violation) violations.push(error);
    return Response.json({ error }, { status });
  };

  async function translate(request: Request): Promise<Response> {
    if (!/^application\/json\b/.test(request.headers.get('content-type') ?? '')) return refuse(400, 'not JSON');
    const body = (await request.json().catch(() => null)) as Record<string, unknown> | null;
    if (body === null) return refuse(400, 'Invalid request: not JSON');
    for (const name of Object.keys(body)) if (!FIELDS.includes(name)) return refuse(400, `unknown field ${name}`);
    const { q, source, target, format = 'text', api_key } = body;
    if (options.key !== undefined && api_key !== options.key)
      return refuse(
        403,
        api_key === undefined ? 'Please contact the server operator to get an API key' : 'Invalid API key',
        false,
      );
    if (options.key === undefined && api_key !== undefined) return refuse(400, 'a key that nobody asked for');
    const texts = Array.isArray(q) ? q : [q];
    if (texts.length === 0 || !texts.every((text) => typeof text === 'string' && text !== ''))
      return refuse(400, 'Invalid request: missing q parameter');
    if (texts.join('').length > LONGEST) return refuse(400, `Invalid request: text exceeds the limit of ${LONGEST}`);
    if (format !== 'text' && format !== 'html') return refuse(400, `${format} format is not supported`);
    if (typeof source !== 'string' || !Object.hasOwn(languages, source))
      return refuse(400, `${source} is not supported`);
    if (typeof target !== 'string' || !languages[source]!.includes(target))
      return refuse(400, `${target} is not supported`);
    asked.push({ q: texts, source, target });
    const said = texts.map((text) => say(text, target));
    return Response.json({ translatedText: Array.isArray(q) ? said : said[0] });
  }

  return {
    origin,
    violations,
    asked,
    fail: (...more) => void faults.push(...more),
    reset() {
      for (const list of [violations, faults, asked]) list.length = 0;
    },
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (request.method === 'GET' && pathname === '/languages')
        return Response.json(Object.entries(languages).map(([code, targets]) => ({ code, name: code, targets })));
      if (request.method !== 'POST' || pathname !== '/translate')
        return refuse(404, `no ${request.method} ${pathname}`);
      const fault = faults.shift();
      if (fault === 'cut') throw new Broken('cut');
      if (typeof fault === 'object')
        return Response.json(fault.answer.body ?? { error: 'fault' }, {
          status: fault.answer.status,
          headers: fault.answer.headers ?? {},
        });
      const answer = await translate(request);
      if (fault === 'accept_then_cut') throw new Broken('cut');
      if (fault === 'accept_then_hang') throw new Broken('hang');
      return fault === 'garbage' ? new Response('<html>') : answer;
    },
  };
}
