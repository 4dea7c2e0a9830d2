import type { Gateway } from '../gateway.ts';
import { Refusal } from '../trust/refusal.ts';

/** `application/problem+json` (RFC 9457) for anything that was thrown. What is not a refusal is a bug: logged, and told as 500. */
export function answerProblem(g: Gateway, error: unknown, requestId: string): Response {
  const refusal = error instanceof Refusal ? error : new Refusal('internal');
  if (refusal !== error) g.log.error('request failed', { requestId, kind: kindOf(error), at: placeOf(error) });
  const problem = {
    type: `/docs#${refusal.code}`,
    title: refusal.code.replaceAll('_', ' '),
    status: refusal.status,
    code: refusal.code,
    detail: refusal.detail,
    requestId,
    ...(refusal.errors.length > 0 && { errors: refusal.errors }),
  };
  return new Response(JSON.stringify(problem), {
    status: refusal.status,
    headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', ...refusal.headers },
  });
}

/** Names of the error and its causes. Messages are left out: a database error's message holds the bound values. */
export function kindOf(error: unknown): string {
  const kinds: string[] = [];
  for (let cause = error; cause instanceof Error && kinds.length < 5; cause = cause.cause)
    kinds.push('code' in cause ? `${cause.name}(${String(cause.code)})` : cause.name);
  return kinds.join(' <- ') || typeof error;
}

/** The innermost lines of our own code in the stack. */
export function placeOf(error: unknown): string {
  if (!(error instanceof Error) || error.stack === undefined) return '';
  // the stack begins with the message, which may hold lines that look like places
  const after = error.stack.indexOf(error.message) + error.message.length;
  return error.stack
    .slice(after)
    .split('\n')
    .filter((line) => /^\s+at /.test(line) && !line.includes('node_modules'))
    .slice(0, 4)
    .map((line) => line.trim().replace(/\(?(file:\/\/)?\/\S*\/src\//, 'src/'))
    .join(' ');
}
