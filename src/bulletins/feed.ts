import { atomFeed, type FeedEntry } from './atom.ts';
import type { Script } from './compose.ts';

/** What a station's feed is made of. No address in it may carry the station's key. */
export interface StationFeed {
  station: { name: string };
  /** the feed's own absolute address */
  address: string;
  created: Date;
  bulletins: FeedBulletin[];
  withdrawn: WithdrawnBulletin[];
}

export interface FeedBulletin {
  script: Script;
  /** absolute address of this numbered bulletin without an ending, also its id; `.txt`, `.html`, `.json`, `.ssml` follow it */
  address: string;
  updated: Date;
  /** absolute address of the alert as a CAP document */
  cap?: string;
}

/** A bulletin that must not be read any more: killed, replaced or past its time. */
export interface WithdrawnBulletin {
  address: string;
  when: Date;
  /** why, in the station's words */
  reason?: string;
}

const FORMS: [string, string][] = [
  ['html', 'text/html'],
  ['txt', 'text/plain'],
  ['json', 'application/json'],
  ['ssml', 'application/ssml+xml'],
];

/** The Atom feed of a station: its bulletins, and a tombstone (RFC 6721) for each that was withdrawn. */
export function stationFeed(feed: StationFeed): string {
  const gone = new Set(feed.withdrawn.map((bulletin) => bulletin.address));
  return atomFeed(
    { address: feed.address, title: feed.station.name, author: 'Musafir', created: feed.created },
    feed.bulletins.filter((bulletin) => !gone.has(bulletin.address)).map(entryOf),
    feed.withdrawn.map(({ address, when, reason }) => ({
      id: address,
      when,
      ...(reason === undefined ? {} : { comment: reason }),
    })),
  );
}

function entryOf({ script, address, updated, cap }: FeedBulletin): FeedEntry {
  return {
    id: address,
    title: `${script.exercise ? 'EXERCISE ' : ''}${script.status} ${script.number}: ${script.slug}`,
    language: script.language,
    updated,
    summary: [`NOT AFTER ${script.notAfter}`, script.intro, ...script.body, script.outro].join('\n'),
    links: [
      ...FORMS.map(([ending, type]) => ({ rel: 'alternate' as const, type, href: `${address}.${ending}` })),
      ...(cap === undefined ? [] : [{ rel: 'related' as const, type: 'application/cap+xml', href: cap }]),
    ],
  };
}
