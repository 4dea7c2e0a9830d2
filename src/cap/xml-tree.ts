import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** An element with its namespace resolved; comments and processing instructions are gone. */
export interface XmlElement {
  name: string;
  namespace: string;
  /** by the name as written, without namespace declarations */
  attributes: Map<string, string>;
  children: XmlElement[];
  /** its own characters, not those of its children */
  text: string;
}

const LARGEST = 2 * 1024 * 1024;

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '@',
  cdataPropName: '#cdata',
  parseTagValue: false,
  parseAttributeValue: false,
  trimValues: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  jPath: false,
});

/**
 * Reads XML that a stranger sent: values, not exceptions.
 * Refused are what is not well-formed, any DOCTYPE (and with it every entity of one's own) and more than 2 MB.
 */
export function readXml(xml: string | Uint8Array): { root: XmlElement; warnings: string[] } | { refused: string } {
  if (xml.length > LARGEST) return { refused: 'The document is larger than 2 MB.' };
  const warnings: string[] = [];
  const text = typeof xml === 'string' ? xml : decode(xml, warnings);
  if (text === undefined)
    return { refused: 'The characters of the document cannot be read in the encoding that it declares.' };
  const fault = faultIn(text);
  if (fault !== undefined) return { refused: fault };
  try {
    const roots = (parser.parse(text) as RawNode[]).filter((node) => !isText(nameOf(node)));
    if (roots.length !== 1) return { refused: 'Not well-formed XML: there must be exactly one outermost element.' };
    return { root: resolve(roots[0]!, new Map([['xml', 'http://www.w3.org/XML/1998/namespace']])), warnings };
  } catch (error) {
    return { refused: `Not well-formed XML: ${error instanceof Error ? error.message.slice(0, 200) : 'unreadable'}` };
  }
}

/** What the validator lets pass is looked for first. */
function faultIn(text: string): string | undefined {
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) return 'A document with a DOCTYPE is not accepted.';
  if (/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(text)) {
    return 'Not well-formed XML: it holds a character that XML forbids.';
  }
  const bare = withoutCommentsAndCdata(text);
  if (bare === undefined) return 'Not well-formed XML: a comment or CDATA is not closed, or <! begins neither.';
  const unknown = /&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\dA-Fa-f]{1,6});)/.exec(bare);
  if (unknown) return 'Not well-formed XML: an entity is not declared.';
  for (const [reference, decimal, hexadecimal] of bare.matchAll(/&#(?:(\d+)|x([\dA-Fa-f]+));/g)) {
    if (character(decimal, hexadecimal) === undefined) return `Not well-formed XML: ${reference} is no character.`;
  }
  const valid = XMLValidator.validate(text);
  return valid === true ? undefined : `Not well-formed XML: ${valid.err.msg.slice(0, 200)} (line ${valid.err.line})`;
}

/** By hand: a regular expression takes minutes for two megabytes of `<!--`. Undefined when something else begins with `<!`. */
function withoutCommentsAndCdata(text: string): string | undefined {
  let bare = '';
  let from = 0;
  for (let open = text.indexOf('<!'); open >= 0; open = text.indexOf('<!', from)) {
    const comment = text.startsWith('<!--', open);
    if (!comment && !text.startsWith('<![CDATA[', open)) return undefined;
    const close = text.indexOf(comment ? '-->' : ']]>', open + (comment ? 4 : 9));
    if (close < 0) return undefined;
    bare += text.slice(from, open);
    from = close + 3;
  }
  return bare + text.slice(from);
}

/** Undefined when the bytes are not text in the encoding that they declare. */
function decode(bytes: Uint8Array, warnings: string[]): string | undefined {
  try {
    if (bytes[0] === 0xff && bytes[1] === 0xfe) return decoded(bytes, 'utf-16le');
    if (bytes[0] === 0xfe && bytes[1] === 0xff) return decoded(bytes, 'utf-16be');
    const start = String.fromCharCode(...bytes.subarray(0, 200));
    const declared = /^(?:\u00EF\u00BB\u00BF)?<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.-]*)["']/.exec(start)?.[1];
    if (declared && !/^(utf-?8|us-ascii)$/i.test(declared)) return decoded(bytes, declared);
  } catch {
    return undefined;
  }
  try {
    return decoded(bytes, 'utf-8');
  } catch {
    warnings.push('The document is not in UTF-8 as it should be: it was read as Windows-1252, letters may be wrong.');
    return decoded(bytes, 'windows-1252');
  }
}

function decoded(bytes: Uint8Array, encoding: string): string {
  return new TextDecoder(encoding, { fatal: true, ignoreBOM: false }).decode(bytes);
}

/** What fast-xml-parser makes of an element: one key with its content, and `:@` with its attributes. */
type RawNode = Record<string, unknown>;

function nameOf(node: RawNode): string {
  return Object.keys(node).find((key) => key !== ':@') ?? '';
}

function isText(name: string): boolean {
  return name === '#text' || name === '#cdata';
}

function resolve(node: RawNode, outer: Map<string, string>): XmlElement {
  const name = nameOf(node);
  const attributes = new Map<string, string>();
  let scope = outer;
  for (const [key, value] of Object.entries((node[':@'] ?? {}) as Record<string, unknown>)) {
    const attribute = key.slice(1);
    const content = unescaped(String(value));
    if (attribute !== 'xmlns' && !attribute.startsWith('xmlns:')) attributes.set(attribute, content);
    else scope = new Map(scope).set(attribute.slice(6), content);
  }
  const [prefix, local] = name.includes(':')
    ? [name.slice(0, name.indexOf(':')), name.slice(name.indexOf(':') + 1)]
    : ['', name];
  if (prefix !== '' && !scope.has(prefix)) throw new Error(`prefix ${prefix} is not declared`);
  const element: XmlElement = { name: local, namespace: scope.get(prefix) ?? '', attributes, children: [], text: '' };
  for (const child of node[name] as RawNode[]) {
    const kind = nameOf(child);
    if (kind === '#text') element.text += unescaped(String(child[kind]));
    else if (kind === '#cdata')
      element.text += (child[kind] as RawNode[]).map((part) => String(part['#text'] ?? '')).join('');
    else element.children.push(resolve(child, scope));
  }
  return element;
}

const NAMED: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescaped(text: string): string {
  return text.replace(
    /&(?:(amp|lt|gt|quot|apos)|#(\d+)|#x([\dA-Fa-f]+));/g,
    (_, name, decimal, hexadecimal) => (name ? NAMED[name] : character(decimal, hexadecimal)) ?? '',
  );
}

function character(decimal: string | undefined, hexadecimal: string | undefined): string | undefined {
  const code = decimal === undefined ? Number.parseInt(hexadecimal ?? '', 16) : Number.parseInt(decimal, 10);
  if (!(code <= 0x10ffff)) return undefined;
  const text = String.fromCodePoint(code);
  return /[\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.test(text) ? text : undefined;
}
