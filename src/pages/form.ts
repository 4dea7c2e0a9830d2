import type { Context } from 'hono';
import type { Env } from '../api/endpoint.ts';
import { Refusal } from '../trust/refusal.ts';

const LARGEST = 50_000;

/**
 * The fields of a sent form; a file counts as nothing.
 * @throws Refusal `too_large`, `malformed`
 */
export async function readForm(c: Context<Env>): Promise<Map<string, string>> {
  if (Number(c.req.header('content-length') ?? 0) > LARGEST) throw new Refusal('too_large');
  let form: FormData;
  try {
    form = await c.req.formData();
  } catch {
    throw new Refusal('malformed', 'The body is not a form.');
  }
  return new Map([...form].filter((field): field is [string, string] => typeof field[1] === 'string'));
}
