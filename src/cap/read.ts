import { checkSequence, MOST_WARNINGS } from './check.ts';
import {
  ALERT,
  CAP_1_1,
  CAP_1_2,
  CATEGORIES,
  CERTAINTIES,
  RESPONSE_TYPES,
  SEVERITIES,
  URGENCIES,
  XML_SIGNATURE,
} from './terms.ts';
import { parseCircle, parsePolygon, parseReferences, parseTime } from './values.ts';
import { readXml, type XmlElement } from './xml-tree.ts';

/** A CAP document from elsewhere, as far as it could be read. A missing text is ''. */
export interface ParsedCap {
  version: '1.1' | '1.2';
  identifier: string;
  sender: string;
  sent?: Date;
  /** as written: anything but `Actual` is no real alert */
  status: string;
  msgType: string;
  source: string;
  scope: string;
  restriction: string;
  addresses: string;
  codes: string[];
  note: string;
  references: { sender: string; identifier: string; sent?: Date }[];
  incidents: string;
  infos: ParsedInfo[];
  /** carries an XML signature; it is not verified */
  signed: boolean;
}

export interface ParsedInfo {
  /** `en-US` when the document does not say, as CAP has it */
  language: string;
  category: string[];
  event: string;
  responseType: string[];
  /** one of CAP's words; `Unknown` for any other */
  urgency: string;
  severity: string;
  certainty: string;
  audience: string;
  eventCodes: NamedValue[];
  effective?: Date;
  onset?: Date;
  expires?: Date;
  senderName: string;
  headline: string;
  description: string;
  instruction: string;
  web: string;
  contact: string;
  parameters: NamedValue[];
  resources: { resourceDesc: string; mimeType: string; uri: string }[];
  areas: ParsedArea[];
}

export interface ParsedArea {
  areaDesc: string;
  /** closed rings of [latitude, longitude]; a ring that cannot be read is left out and warned of */
  polygons: [number, number][][];
  circles: { latitude: number; longitude: number; km: number }[];
  geocodes: NamedValue[];
}

export interface NamedValue {
  valueName: string;
  value: string;
}

/**
 * Reads a CAP 1.1 or 1.2 document that a stranger sent. What is no XML, has a DOCTYPE, or is no CAP alert is refused;
 * what breaks the schema, or would be dangerous to send on, is listed in `warnings` for the person who judges the draft.
 */
export function readCap(xml: string | Uint8Array): { alert: ParsedCap; warnings: string[] } | { refused: string } {
  const read = readXml(xml);
  if ('refused' in read) return read;
  const { root, warnings } = read;
  if (root.name !== 'alert' || (root.namespace !== CAP_1_2 && root.namespace !== CAP_1_1)) {
    return { refused: 'Not a CAP 1.1 or 1.2 alert.' };
  }
  checkSequence(root, ALERT, 'alert', warnings, [XML_SIGNATURE]);
  const alert = alertOf(root, warnings);
  advise(alert, root, warnings);
  return { alert, warnings: warnings.slice(0, MOST_WARNINGS) };
}

function alertOf(root: XmlElement, warnings: string[]): ParsedCap {
  const sent = time(root, 'sent', 'alert', warnings);
  return {
    version: root.namespace === CAP_1_2 ? '1.2' : '1.1',
    identifier: one(root, 'identifier'),
    sender: one(root, 'sender'),
    ...(sent && { sent }),
    status: one(root, 'status'),
    msgType: one(root, 'msgType'),
    source: one(root, 'source'),
    scope: one(root, 'scope'),
    restriction: one(root, 'restriction'),
    addresses: one(root, 'addresses'),
    codes: texts(root, 'code'),
    note: one(root, 'note'),
    references: parseReferences(one(root, 'references'), warnings),
    incidents: one(root, 'incidents'),
    infos: all(root, 'info').map((info, index) =>
      infoOf(info, `alert/info${index > 0 ? `[${index + 1}]` : ''}`, warnings),
    ),
    signed: root.children.some((child) => child.namespace === XML_SIGNATURE && child.name === 'Signature'),
  };
}

function infoOf(info: XmlElement, path: string, warnings: string[]): ParsedInfo {
  const effective = time(info, 'effective', path, warnings);
  const onset = time(info, 'onset', path, warnings);
  const expires = time(info, 'expires', path, warnings);
  if (all(info, 'expires').length === 0) warnings.push(`${path} has no expires: it does not say when it ends.`);
  const certainty = one(info, 'certainty');
  return {
    language: one(info, 'language') || 'en-US',
    category: texts(info, 'category').filter((category) => CATEGORIES.includes(category)),
    event: one(info, 'event'),
    responseType: texts(info, 'responseType').filter((type) => RESPONSE_TYPES.includes(type)),
    urgency: term(one(info, 'urgency'), URGENCIES),
    severity: term(one(info, 'severity'), SEVERITIES),
    // CAP 1.0 said Very Likely; CAP 1.1 and 1.2 ask to take it as Likely.
    certainty: certainty === 'Very Likely' ? 'Likely' : term(certainty, CERTAINTIES),
    audience: one(info, 'audience'),
    eventCodes: named(info, 'eventCode'),
    ...(effective && { effective }),
    ...(onset && { onset }),
    ...(expires && { expires }),
    senderName: one(info, 'senderName'),
    headline: one(info, 'headline'),
    description: one(info, 'description'),
    instruction: one(info, 'instruction'),
    web: one(info, 'web'),
    contact: one(info, 'contact'),
    parameters: named(info, 'parameter'),
    resources: all(info, 'resource').map((resource) => ({
      resourceDesc: one(resource, 'resourceDesc'),
      mimeType: one(resource, 'mimeType'),
      uri: one(resource, 'uri'),
    })),
    areas: all(info, 'area').map((area) => areaOf(area, path, warnings)),
  };
}

function areaOf(area: XmlElement, path: string, warnings: string[]): ParsedArea {
  const areaDesc = one(area, 'areaDesc');
  const at = `${path}/area ${JSON.stringify(areaDesc.slice(0, 60))}`;
  const polygons = texts(area, 'polygon').map((text) => parsePolygon(text, at, warnings));
  const circles = texts(area, 'circle').map((text) => parseCircle(text, at, warnings));
  return {
    areaDesc,
    polygons: polygons.filter((ring) => ring !== undefined),
    circles: circles.filter((circle) => circle !== undefined),
    geocodes: named(area, 'geocode'),
  };
}

/** What the schema lets pass and CAP's own text, or caution, does not. */
function advise(alert: ParsedCap, root: XmlElement, warnings: string[]): void {
  for (const name of ['identifier', 'sender']) {
    const text = one(root, name);
    if (all(root, name).length > 0 && text === '') warnings.push(`alert/${name} is empty.`);
    if (/[\s,<&]/.test(text)) warnings.push(`alert/${name} holds a space, a comma, < or &.`);
  }
  if (alert.scope === 'Restricted' && alert.restriction === '') warnings.push('A Restricted alert has no restriction.');
  if (alert.scope === 'Private' && alert.addresses === '') warnings.push('A Private alert has no addresses.');
  if (/^(Update|Cancel|Ack|Error)$/.test(alert.msgType) && alert.references.length === 0) {
    warnings.push(`The ${alert.msgType} does not say which alert it refers to.`);
  }
  if (/^(Alert|Update)$/.test(alert.msgType) && alert.infos.length === 0)
    warnings.push(`The ${alert.msgType} has no info.`);
}

function all(element: XmlElement, name: string): XmlElement[] {
  return element.children.filter((child) => child.name === name && child.namespace === element.namespace);
}

function texts(element: XmlElement, name: string): string[] {
  return all(element, name).map((child) => child.text.trim());
}

function one(element: XmlElement, name: string): string {
  return texts(element, name)[0] ?? '';
}

function named(element: XmlElement, name: string): NamedValue[] {
  return all(element, name).map((child) => ({ valueName: one(child, 'valueName'), value: one(child, 'value') }));
}

function term(value: string, terms: readonly string[]): string {
  return terms.includes(value) ? value : 'Unknown';
}

function time(element: XmlElement, name: string, path: string, warnings: string[]): Date | undefined {
  const text = texts(element, name)[0];
  return text === undefined ? undefined : parseTime(text, `${path}/${name}`, warnings);
}
