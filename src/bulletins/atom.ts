import { utc, xmlAttributes, xmlElement, xmlLanguage, xmlText } from './xml.ts';

/** An Atom feed (RFC 4287). All addresses are absolute and carry no key. */
export interface Feed {
  /** its own address, also its id */
  address: string;
  title: string;
  author: string;
  /** its time while it holds nothing; otherwise the newest time in it counts, so an unchanged feed is unchanged */
  created: Date;
}

export interface FeedEntry {
  /** an absolute IRI, for ever the same */
  id: string;
  title: string;
  language?: string;
  updated: Date;
  summary?: string;
  links: { rel: 'alternate' | 'related'; type: string; href: string }[];
}

/** An entry that was taken back (RFC 6721). */
export interface Tombstone {
  id: string;
  when: Date;
  comment?: string;
}

/** Writes a feed: tombstones first, then entries, each the newest first. */
export function atomFeed(feed: Feed, entries: FeedEntry[], tombstones: Tombstone[] = []): string {
  const times = [...entries.map((entry) => entry.updated), ...tombstones.map((tombstone) => tombstone.when)];
  const updated = times.reduce((newest, time) => (time > newest ? time : newest), feed.created);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>\n',
    '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:at="http://purl.org/atompub/tombstones/1.0">\n',
    xmlElement('id', feed.address),
    `<title>${xmlText(feed.title)}</title>\n`,
    xmlElement('updated', utc(updated)),
    `<link${xmlAttributes({ rel: 'self', type: 'application/atom+xml', href: feed.address })}/>\n`,
    `<author>\n${xmlElement('name', feed.author) || '<name/>\n'}</author>\n`,
    ...newestFirst(tombstones, (tombstone) => tombstone.when).map(deletedEntry),
    ...newestFirst(entries, (entry) => entry.updated).map(feedEntry),
    '</feed>\n',
  ].join('');
}

function newestFirst<Item>(items: Item[], time: (item: Item) => Date): Item[] {
  return [...items].sort((a, b) => time(b).getTime() - time(a).getTime());
}

function feedEntry(entry: FeedEntry): string {
  const language = entry.language ? xmlAttributes({ 'xml:lang': xmlLanguage(entry.language) }) : '';
  return [
    `<entry${language}>\n`,
    xmlElement('id', entry.id),
    `<title>${xmlText(entry.title)}</title>\n`,
    xmlElement('updated', utc(entry.updated)),
    ...entry.links.map((link) => `<link${xmlAttributes({ rel: link.rel, type: link.type, href: link.href })}/>\n`),
    xmlElement('summary', entry.summary),
    '</entry>\n',
  ].join('');
}

function deletedEntry(tombstone: Tombstone): string {
  return [
    `<at:deleted-entry${xmlAttributes({ ref: tombstone.id, when: utc(tombstone.when) })}>\n`,
    xmlElement('at:comment', tombstone.comment),
    '</at:deleted-entry>\n',
  ].join('');
}
