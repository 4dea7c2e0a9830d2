import { normalise } from './normalise.ts';

/** Reply apps send the alert back above the reply, or a reaction with the alert inside. Only the person's own words count. */
export function ownWords(
  text: string,
  stopWords: (normal: string) => boolean,
): { text: string; quoted: boolean; nothingLeft: boolean } {
  const short = text.slice(0, 4000);
  const lines = short.split(/\r\n|\r|\n/);
  const kept = lines.filter(
    (line) =>
      !/^\s*(?:>|&gt;|›|❯)/.test(line) &&
      !/^\s*(?:on|le|el|em|am|pada|vào)\b.{5,80}(?:wrote|écrit|escribió|escreveu|schrieb|menulis|viết)\s*:\s*$/i.test(
        line,
      ),
  );
  let quoted = kept.length < lines.length;
  const own = kept.filter((line) => kept.length === 1 || !looksLikeAlert(line, stopWords));
  quoted ||= own.length < kept.length;
  let rest = own.join('\n').trim();
  // “the alert” reply, or Liked “the alert”
  const inside = /[“”„«"「『]([^“”«»"「」『』]{25,})[”“»"」』]?/.exec(rest);
  if (inside && (looksLikeAlert(inside[1]!, stopWords) || tapback.test(rest))) {
    const outside = `${rest.slice(0, inside.index)} ${rest.slice(inside.index + inside[0].length)}`.trim();
    quoted = true;
    rest = tapback.test(rest) ? '' : outside;
  }
  return { text: rest, quoted, nothingLeft: quoted && normalise(rest) === '' };
}

const tapback =
  /^\s*(?:liked|loved|disliked|laughed at|emphasi[sz]ed|questioned|removed an? \w+ from|reacted\b.{0,12}\bto|a aimé|a adoré|a réagi|le gust[óo]|me gusta|le encant[óo]|gostou de|amou|понравилось|мне нравится|вподобання|beğen\S*|menyukai|赞了|喜欢了|\p{Extended_Pictographic}[\u{fe0f}\s]*(?:to|an|à|a)?)\s*[“"«„「]/iu;

function looksLikeAlert(line: string, stopWords: (normal: string) => boolean): boolean {
  if (line.length < 25) return false;
  const normal = normalise(line);
  return /(?:^|[^\d])1(?:[^\d]|$)/.test(normal) && /(?:^|[^\d])2(?:[^\d]|$)/.test(normal) && stopWords(normal);
}
