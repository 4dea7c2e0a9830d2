/** A delivery outside: its number and 53 random bits, so that it can be named to a provider and guessed by nobody. */
export function deliveryToken(row: { id: number; nonce: number }): string {
  const high = Math.floor(row.nonce / HALF);
  // two small numbers: of one beyond 32 bits each digit is a division of floating points
  const low = (row.nonce - high * HALF).toString(36).padStart(6, '0');
  return `${row.id.toString(36)}-${high.toString(36)}${low}`;
}

const HALF = 36 ** 6;

/** @returns null when the text is not such a token */
export function parseDeliveryToken(token: string): { id: number; nonce: number } | null {
  const match = /^([0-9a-z]{1,11})-([0-9a-z]{1,11})$/.exec(token);
  if (!match) return null;
  const [id, nonce] = [Number.parseInt(match[1]!, 36), Number.parseInt(match[2]!, 36)];
  return Number.isSafeInteger(id) && Number.isSafeInteger(nonce) ? { id, nonce } : null;
}
