const NUMBER = '[+-]?(?:\\d+(?:\\.\\d*)?|\\.\\d+)';
const POINT = new RegExp(`^(${NUMBER}),(${NUMBER})$`);
const CIRCLE = new RegExp(`^(${NUMBER}),(${NUMBER})\\s+(${NUMBER})$`);
const TIME = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[-+]\d\d:\d\d)$/i;

/** A time with its offset. Z and fractions are understood, although CAP forbids them; a time without offset is none. */
export function parseTime(text: string, path: string, warnings: string[]): Date | undefined {
  const parts = TIME.exec(text);
  const [, day = '', clock = '', zone = ''] = parts ?? [];
  const moment = parts ? new Date(`${day}T${clock}${zone.toUpperCase()}`) : undefined;
  // V8 takes 30 February for 2 March.
  const real = new Date(`${day}T00:00:00Z`);
  if (moment && !Number.isNaN(moment.getTime()) && real.toISOString().startsWith(day)) return moment;
  warnings.push(`${path} is not a time that can be understood.`);
  return undefined;
}

/** A ring of [latitude, longitude]: at least four points, closed. Left out when a point is unreadable. */
export function parsePolygon(text: string, path: string, warnings: string[]): [number, number][] | undefined {
  const ring: [number, number][] = [];
  for (const written of text.split(/\s+/).filter((part) => part !== '')) {
    const point = placeOf(POINT.exec(written));
    if (!point) {
      warnings.push(
        `${path} has a polygon with a point that is none: ${JSON.stringify(written.slice(0, 40))}. It is left out.`,
      );
      return undefined;
    }
    ring.push(point);
  }
  const [first] = ring;
  const last = ring.at(-1);
  if (first && last && (first[0] !== last[0] || first[1] !== last[1])) {
    warnings.push(`${path} has a polygon that is not closed. It is closed here.`);
    ring.push([first[0], first[1]]);
  }
  if (ring.length >= 4) return ring;
  warnings.push(`${path} has a polygon of fewer than four points. It is left out.`);
  return undefined;
}

/** A circle: "latitude,longitude kilometres". */
export function parseCircle(
  text: string,
  path: string,
  warnings: string[],
): { latitude: number; longitude: number; km: number } | undefined {
  const parts = CIRCLE.exec(text);
  const place = placeOf(parts);
  const km = Number(parts?.[3]);
  if (place && km >= 0 && km < 20_100) return { latitude: place[0], longitude: place[1], km };
  warnings.push(`${path} has a circle that cannot be read: ${JSON.stringify(text.slice(0, 40))}. It is left out.`);
  return undefined;
}

/** "sender,identifier,sent" triples between spaces. */
export function parseReferences(
  text: string,
  warnings: string[],
): { sender: string; identifier: string; sent?: Date }[] {
  return text
    .split(/\s+/)
    .filter((triple) => triple !== '')
    .flatMap((triple) => {
      const [, sender, identifier, time] = /^([^,]+),(.+),([^,]+)$/.exec(triple) ?? [];
      if (!sender || !identifier || !time) {
        warnings.push(
          `alert/references holds ${JSON.stringify(triple.slice(0, 60))}, which is not sender,identifier,sent.`,
        );
        return [];
      }
      const sent = parseTime(time, 'alert/references', warnings);
      return [{ sender, identifier, ...(sent && { sent }) }];
    });
}

function placeOf(match: RegExpExecArray | null): [number, number] | undefined {
  if (!match) return undefined;
  const [latitude, longitude] = [Number(match[1]), Number(match[2])];
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180 ? [latitude, longitude] : undefined;
}
