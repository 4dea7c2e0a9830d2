import type { Hono } from 'hono';
import { html } from 'hono/html';
import * as z from 'zod';
import { REFUSALS } from '../trust/refusal.ts';
import type { Endpoint, Env } from './endpoint.ts';
import { SURFACES } from './surfaces.ts';

type Json = Record<string, unknown>;

/** OpenAPI 3.1 out of the same table that routes and checks the calls. */
export function describe(endpoints: readonly Endpoint[], server: string): Json {
  const paths: Record<string, Json> = {};
  for (const endpoint of endpoints) {
    const operation: Json = {
      summary: endpoint.summary,
      operationId: `${endpoint.method.toLowerCase()}${endpoint.path.replace(/[^a-z0-9]+/gi, '_')}`,
      security: endpoint.roles === 'anyone' ? [] : [{ key: [] }],
      ...(endpoint.roles !== 'anyone' && { 'x-roles': endpoint.roles }),
      parameters: parametersOf(endpoint),
      responses: responsesOf(endpoint),
    };
    if (endpoint.body)
      operation.requestBody = {
        required: true,
        content: { 'application/json': { schema: schemaOf(endpoint.body, 'input') } },
      };
    else if (endpoint.rawBody)
      operation.requestBody = { required: true, content: { [endpoint.rawBody]: { schema: { type: 'string' } } } };
    paths[endpoint.path] = { ...paths[endpoint.path], [endpoint.method.toLowerCase()]: operation };
  }
  for (const surface of SURFACES) {
    const content = Object.fromEntries(surface.answers.map((type) => [type, { schema: { type: 'string' } }]));
    const operation: Json = {
      summary: surface.summary,
      operationId: `${surface.method.toLowerCase()}${surface.path.replace(/[^a-z0-9]+/gi, '_')}`,
      security:
        surface.who === 'station' ? [{ key: [] }, { station: [] }] : surface.who === 'token' ? [{ key: [] }, {}] : [],
      parameters: pathParameters(surface.path),
      responses: Object.fromEntries(
        surface.statuses.map((status) => [
          status,
          {
            description: status < 300 ? 'Done' : 'Not done',
            ...(status < 300 && surface.answers.length > 0 && { content }),
          },
        ]),
      ),
    };
    paths[surface.path] = { ...paths[surface.path], [surface.method.toLowerCase()]: operation };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Musafir', version: '1', description: 'Multilingual crisis messaging gateway for migrants.' },
    servers: [{ url: server }],
    paths,
    components: {
      securitySchemes: {
        key: { type: 'http', scheme: 'bearer' },
        station: { type: 'apiKey', in: 'query', name: 'key' },
      },
      schemas: {
        Problem: {
          type: 'object',
          description: 'RFC 9457',
          required: ['type', 'title', 'status', 'code', 'detail'],
          properties: {
            type: { type: 'string' },
            title: { type: 'string' },
            status: { type: 'integer' },
            code: { type: 'string', enum: Object.keys(REFUSALS) },
            detail: { type: 'string' },
            requestId: { type: 'string' },
            errors: {
              type: 'array',
              items: { type: 'object', properties: { pointer: { type: 'string' }, detail: { type: 'string' } } },
            },
          },
        },
      },
    },
  };
}

function schemaOf(schema: z.ZodType, io: 'input' | 'output'): unknown {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' });
  return rest;
}

function pathParameters(path: string): Json[] {
  return [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));
}

function parametersOf(endpoint: Endpoint): Json[] {
  const inPath = pathParameters(endpoint.path);
  const query = endpoint.query ? (schemaOf(endpoint.query, 'input') as { properties?: Json }).properties : undefined;
  const inQuery = Object.entries(query ?? {}).map(([name, schema]) => ({ name, in: 'query', required: false, schema }));
  const header =
    endpoint.method === 'POST' && endpoint.roles !== 'anyone'
      ? [{ name: 'Idempotency-Key', in: 'header', required: false, schema: { type: 'string', maxLength: 200 } }]
      : [];
  return [...inPath, ...inQuery, ...header];
}

function responsesOf(endpoint: Endpoint): Json {
  const answers = Object.entries(endpoint.answers).map(([status, schema]) => [
    status,
    {
      description: status.startsWith('2') ? 'Done' : 'Not done',
      ...(schema && { content: { 'application/json': { schema: schemaOf(schema, 'output') } } }),
    },
  ]);
  const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  return { ...Object.fromEntries(answers), default: { description: 'Refused', content: problem } };
}

/** `/openapi.json`, and `/docs` to read it without any outside host. */
export function mountDescription(app: Hono<Env>, endpoints: readonly Endpoint[]): void {
  app.get('/openapi.json', (c) => c.json(describe(endpoints, c.get('gateway').config.publicUrl) as never));
  app.get('/docs', (c) => {
    const nonce = c.get('gateway').ids.secret(12);
    c.header('Content-Security-Policy', `default-src 'none'; style-src 'nonce-${nonce}'; frame-ancestors 'none'`);
    return c.html(docsPage(endpoints, nonce));
  });
}

function docsPage(endpoints: readonly Endpoint[], nonce: string) {
  const schema = (title: string, type: z.ZodType | null | undefined, io: 'input' | 'output') =>
    type
      ? html`<details><summary>${title}</summary><pre>${JSON.stringify(schemaOf(type, io), null, 2)}</pre></details>`
      : '';
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Musafir API</title>
<style nonce="${nonce}">
  body { font: 1rem/1.5 system-ui, sans-serif; max-inline-size: 60rem; margin: 1rem auto; padding: 0 1rem; color-scheme: light dark }
  code { font-weight: 600 } pre { overflow-x: auto; font-size: .85rem } section { border-block-start: 1px solid #8886; padding-block: .5rem }
  dt { font-weight: 600 }
</style></head><body><main><h1>Musafir API</h1>
<p>JSON and UTF-8, times in RFC 3339, errors as RFC 9457. Send <code>Authorization: Bearer KEY</code>.
The description for machines: <a href="/openapi.json">/openapi.json</a>.</p>
${endpoints.map(
  (e) => html`<section><h2><code>${e.method} ${e.path}</code></h2><p>${e.summary}.
<small>${e.roles === 'anyone' ? 'No key.' : `Roles: ${e.roles.join(', ')}.`}</small></p>
${schema('Query', e.query, 'input')}${schema('Body', e.body, 'input')}
${Object.entries(e.answers).map(([status, type]) => schema(`Answer ${status}`, type, 'output'))}</section>`,
)}
<h2>Refusals</h2><dl>${Object.entries(REFUSALS).map(
    ([code, [status, text]]) => html`<dt id="${code}">${code} (${status})</dt><dd>${text}</dd>`,
  )}</dl></main></body></html>`;
}
