import type { Hono } from 'hono';
import type { Env } from '../api/endpoint.ts';

/** Migrants' pages. */
export function mountPages(_app: Hono<Env>): void {}
