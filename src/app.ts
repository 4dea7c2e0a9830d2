import { Hono } from 'hono';
import { alertEndpoints } from './api/alerts.ts';
import { mountCap } from './api/cap.ts';
import { caseworkEndpoints } from './api/casework.ts';
import { type Endpoint, type Env, mount } from './api/endpoint.ts';
import { mountHealth } from './api/health.ts';
import { mountDescription } from './api/openapi.ts';
import { answerProblem } from './api/problem.ts';
import { mountRadio } from './api/radio.ts';
import { registryEndpoints } from './api/registry.ts';
import { stationEndpoints } from './api/stations.ts';
import { mountWebhooks } from './api/webhooks.ts';
import type { Gateway } from './gateway.ts';
import { mountPages } from './pages/pages.ts';
import { simulatorEndpoints } from './simulator/endpoints.ts';
import { Refusal } from './trust/refusal.ts';

/** Every address of the API: the table of roles, the router and the OpenAPI description. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...registryEndpoints,
  ...caseworkEndpoints,
  ...alertEndpoints,
  ...stationEndpoints,
  ...simulatorEndpoints,
];

/** The whole gateway as one fetch handler. */
export function createApp(g: Gateway): Hono<Env> {
  const app = new Hono<Env>();
  app.use(async (c, next) => {
    c.set('gateway', g);
    c.set('requestId', g.ids.secret(9));
    await next();
    c.header('X-Request-Id', c.get('requestId'));
    c.header('X-Content-Type-Options', 'nosniff');
  });
  mountHealth(app);
  mount(app, ENDPOINTS);
  mountDescription(app, ENDPOINTS);
  mountWebhooks(app);
  mountRadio(app);
  mountCap(app);
  mountPages(app);
  app.notFound((c) => answerProblem(g, new Refusal('not_found'), c.get('requestId')));
  app.onError((error, c) => answerProblem(g, error, c.get('requestId')));
  return app;
}
