/** Text for XML: characters that XML 1.0 forbids are dropped, the rest is escaped. Safe in elements and in attributes. */
export function xmlText(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[^\t\n\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

/** One element with text in it, or nothing when there is no text. */
export function xmlElement(name: string, text: string | undefined, attributes: Record<string, string> = {}): string {
  if (text === undefined || text === '') return '';
  return `<${name}${xmlAttributes(attributes)}>${xmlText(text)}</${name}>\n`;
}

/** Attributes with a space before each; names are ours, values are anyone's. */
export function xmlAttributes(attributes: Record<string, string>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${xmlText(value)}"`)
    .join('');
}

/** A language tag that `xml:lang` and `xs:language` accept. */
export function xmlLanguage(tag: string): string {
  return /^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$/.test(tag) ? tag : 'und';
}

/** RFC 3339 in UTC to the second, the form of all times that we show and publish. */
export function utc(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
