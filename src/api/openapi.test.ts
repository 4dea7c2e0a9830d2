import { describe, expect, it } from 'vitest';
import { testGateway } from '../../test/gateway.ts';

describe('the description of the API', () => {
  it('is OpenAPI 3.1 and names every address that is routed', async () => {
    const t = await testGateway();
    const { json } = await t.call('GET', '/openapi.json');
    expect(json.openapi).toBe('3.1.0');
    const described = new Set(
      Object.entries(json.paths as Record<string, object>).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
      ),
    );
    for (const surface of [
      'POST /api/v1/people',
      'POST /api/v1/cap',
      'GET /radio/{station}/{language}.ssml',
      'POST /webhooks/telegram',
      'GET /metrics',
    ])
      expect(described).toContain(surface);
    const routed = t.app.routes
      .filter(({ method, path }) => method !== 'ALL' && path.startsWith('/api/'))
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`);
    expect(routed.filter((route) => !described.has(route))).toEqual([]);
  });

  it('gives every operation its own id, answers, and the problem for what is refused', async () => {
    const t = await testGateway();
    const { json } = await t.call('GET', '/openapi.json');
    // biome-ignore lint/suspicious/noExplicitAny: read as a client would
    const operations = Object.values(json.paths).flatMap((methods: any) => Object.values(methods)) as any[];
    const ids = operations.map(({ operationId }) => operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(operations.every(({ responses }) => Object.keys(responses).length > 0)).toBe(true);
    expect(json.components.schemas.Problem.properties.code.enum).toContain('same_person');
  });

  it('can be read at /docs with nothing from outside', async () => {
    const t = await testGateway();
    const page = await t.call('GET', '/docs');
    expect(page.status).toBe(200);
    expect(page.text).toContain('/api/v1/alerts/{id}/approve');
    expect(page.text).not.toMatch(/(src|href)="https?:/);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  });
});
