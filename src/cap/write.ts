import { atomFeed, type Feed } from '../bulletins/atom.ts';
import { xmlElement, xmlLanguage, xmlText } from '../bulletins/xml.ts';
import { CAP_1_2, CATEGORIES, CERTAINTIES, RESPONSE_TYPES, SEVERITIES, URGENCIES } from './terms.ts';

/** A public alert on its way out. It has no place for an audience. */
export interface CapAlert {
  identifier: string;
  sender: string;
  senderName: string;
  sent: Date;
  status: 'Actual' | 'Exercise' | 'Test';
  msgType: 'Alert' | 'Update' | 'Cancel';
  scope: 'Public';
  references: { sender: string; identifier: string; sent: Date }[];
  infos: CapInfo[];
}

/** The alert in one language. */
export interface CapInfo {
  /** BCP 47 */
  language: string;
  category: string[];
  event: string;
  responseType: string[];
  urgency: string;
  severity: string;
  certainty: string;
  /** OASIS event term, for example `OET-068` */
  eventCode: string;
  effective?: Date;
  expires: Date;
  senderName: string;
  headline: string;
  description: string;
  instruction?: string;
  web?: string;
  contact?: string;
  areas: CapArea[];
}

export interface CapArea {
  areaDesc: string;
  /** rings of [latitude, longitude]; closed here when they are not */
  polygons: [number, number][][];
  circles: { latitude: number; longitude: number; km: number }[];
  geocodes: { valueName: 'ISO 3166-2' | 'ISO 3166-1'; value: string }[];
}

/** A CAP document in the feed. */
export interface CapEntry {
  /** absolute address of the document, also its id */
  address: string;
  title: string;
  language?: string;
  updated: Date;
  summary?: string;
}

/** The alert as a CAP 1.2 document. What the schema does not know is left out or called Unknown, never written. */
export function capXml(alert: CapAlert): string {
  const references = alert.references.map(
    (reference) => `${token(reference.sender)},${token(reference.identifier)},${capTime(reference.sent)}`,
  );
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    `<alert xmlns="${CAP_1_2}">\n`,
    `<identifier>${xmlText(token(alert.identifier))}</identifier>\n`,
    `<sender>${xmlText(token(alert.sender))}</sender>\n`,
    xmlElement('sent', capTime(alert.sent)),
    xmlElement('status', alert.status),
    xmlElement('msgType', alert.msgType),
    xmlElement('scope', alert.scope),
    xmlElement('references', references.join(' ')),
    ...alert.infos.map(infoXml),
    '</alert>\n',
  ].join('');
}

function infoXml(info: CapInfo): string {
  const categories = known(info.category, CATEGORIES);
  return [
    '<info>\n',
    xmlElement('language', xmlLanguage(info.language)),
    ...(categories.length > 0 ? categories : ['Other']).map((category) => xmlElement('category', category)),
    `<event>${xmlText(info.event)}</event>\n`,
    ...known(info.responseType, RESPONSE_TYPES).map((type) => xmlElement('responseType', type)),
    xmlElement('urgency', orUnknown(info.urgency, URGENCIES)),
    xmlElement('severity', orUnknown(info.severity, SEVERITIES)),
    xmlElement('certainty', orUnknown(info.certainty, CERTAINTIES)),
    info.eventCode === '' ? '' : `<eventCode>\n${namedValue('OET:v1.2', info.eventCode)}</eventCode>\n`,
    xmlElement('effective', info.effective && capTime(info.effective)),
    xmlElement('expires', capTime(info.expires)),
    xmlElement('senderName', info.senderName),
    xmlElement('headline', info.headline),
    xmlElement('description', info.description),
    xmlElement('instruction', info.instruction),
    xmlElement('web', webAddress(info.web)),
    xmlElement('contact', info.contact),
    ...info.areas.map(areaXml),
    '</info>\n',
  ].join('');
}

function areaXml(area: CapArea): string {
  return [
    '<area>\n',
    `<areaDesc>${xmlText(area.areaDesc)}</areaDesc>\n`,
    ...area.polygons.map((ring) => xmlElement('polygon', polygonText(ring))),
    ...area.circles.map((circle) => xmlElement('circle', circleText(circle))),
    ...area.geocodes.map((code) => `<geocode>\n${namedValue(code.valueName, code.value)}</geocode>\n`),
    '</area>\n',
  ].join('');
}

function namedValue(name: string, value: string): string {
  return `<valueName>${xmlText(name)}</valueName>\n<value>${xmlText(value)}</value>\n`;
}

/** CAP writes UTC as -00:00 and forbids Z (CAP 1.2, 3.3.2). */
export function capTime(time: Date): string {
  return `${time.toISOString().slice(0, 19)}-00:00`;
}

/** Identifiers may hold no space, comma, < or & (CAP 1.2, 3.2.1): they would break `references`. */
function token(text: string): string {
  return text.replace(/[\s,<&]+/gu, '_');
}

function known(values: string[], terms: readonly string[]): string[] {
  return values.filter((value) => terms.includes(value));
}

function orUnknown(value: string, terms: readonly string[]): string {
  return terms.includes(value) ? value : 'Unknown';
}

/** Only the web, and only characters that `xs:anyURI` allows: WHATWG addresses may hold others. */
function webAddress(address: string | undefined): string | undefined {
  if (address === undefined || !/^https?:/i.test(address) || !URL.canParse(address)) return undefined;
  const [start = '', ...fragments] = new URL(address).href
    .replace(/%(?![\dA-Fa-f]{2})/g, '%25')
    .replace(/[^!#$%&'()*+,\-./\d:;=?@A-Z_a-z~]/gu, encodeURIComponent)
    .split('#');
  return fragments.length > 0 ? `${start}#${fragments.join('%23')}` : start;
}

/** Six places are a hand's breadth, and keep a number from being written with an exponent. */
function degrees(value: number): string {
  return String(Number(value.toFixed(6)));
}

function isPlace(latitude: number, longitude: number): boolean {
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
}

/** A closed ring of at least four points, or nothing: half a polygon would be another area. */
function polygonText(ring: [number, number][]): string | undefined {
  if (!ring.every(([latitude, longitude]) => isPlace(latitude, longitude))) return undefined;
  const points = ring.map(([latitude, longitude]) => `${degrees(latitude)},${degrees(longitude)}`);
  if (points.length > 0 && points[0] !== points.at(-1)) points.push(points[0]!);
  return points.length >= 4 ? points.join(' ') : undefined;
}

function circleText(circle: CapArea['circles'][number]): string | undefined {
  if (!isPlace(circle.latitude, circle.longitude) || !(circle.km >= 0 && circle.km < 20_100)) return undefined;
  return `${degrees(circle.latitude)},${degrees(circle.longitude)} ${degrees(circle.km)}`;
}

/** The Atom feed of our public CAP documents. */
export function capFeed(feed: Feed, entries: CapEntry[]): string {
  return atomFeed(
    feed,
    entries.map(({ address, ...entry }) => ({
      ...entry,
      id: address,
      links: [{ rel: 'alternate', type: 'application/cap+xml', href: address }],
    })),
  );
}
