/** Coordinates are kept at 0.01 degree (about 1 km): enough to warn, too coarse to find a door (TG-5). */

/** A pair of coordinates as one number, so that a shape becomes a set of numbers. */
export function cellOf(latitude: number, longitude: number): number {
  return Math.round((latitude + 90) * 100) * 36_001 + Math.round((longitude + 180) * 100);
}

/** The coordinates of a cell. */
export function pointOf(cell: number): { latitude: number; longitude: number } {
  return {
    latitude: Math.round(Math.floor(cell / 36_001) - 9000) / 100,
    longitude: Math.round((cell % 36_001) - 18_000) / 100,
  };
}

/** Rounded to 0.01 degree. */
export function roundDegrees(degrees: number): number {
  return Math.round(degrees * 100) / 100;
}

/** Great-circle distance in kilometres on a sphere of 6,371.0088 km (IUGG mean radius). */
export function distanceKm(latitude1: number, longitude1: number, latitude2: number, longitude2: number): number {
  const radians = Math.PI / 180;
  const a =
    Math.sin(((latitude2 - latitude1) * radians) / 2) ** 2 +
    Math.cos(latitude1 * radians) *
      Math.cos(latitude2 * radians) *
      Math.sin(((longitude2 - longitude1) * radians) / 2) ** 2;
  return 2 * 6371.0088 * Math.asin(Math.min(1, Math.sqrt(a)));
}
