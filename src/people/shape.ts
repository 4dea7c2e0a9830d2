import { booleanPointInPolygon } from '@turf/boolean-point-in-polygon';

/** Whether a point is inside a CAP polygon of [latitude, longitude] pairs; a border counts as inside. */
export function inside(
  polygon: readonly (readonly [number, number])[],
  point: { latitude: number; longitude: number },
): boolean {
  const ring = polygon.map(([latitude, longitude]) => [longitude, latitude]);
  const [first, last] = [ring[0]!, ring.at(-1)!];
  if (first[0] !== last[0] || first[1] !== last[1]) ring.push(first);
  return booleanPointInPolygon([point.longitude, point.latitude], { type: 'Polygon', coordinates: [ring] });
}
