import { Hono } from 'hono';
import { alertEndpoints } from './api/alerts.ts';
import { mountCap } from './api/cap.ts';
import { caseworkEndpoints } from './api/casework.ts';
import { deliveryEndpoints } from './api/deliveries.ts';
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
import { mountSimulator } from './simulator/pages.ts';
import { Refusal } from './trust/refusal.ts';

/** Every address of the API: the table of roles, the router and the OpenAPI description. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...registryEndpoints,
  ...caseworkEndpoints,
  ...alertEndpoints,
  ...deliveryEndpoints,
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
  mountWebhooks(app, g);
  mountRadio(app);
  mountCap(app);
  mountPages(app);
  mountSimulator(app);
  app.notFound((c) => answerProblem(g, refuseUnknown(app, c.req.method, c.req.path), c.get('requestId')));
  app.onError((error, c) => answerProblem(g, error, c.get('requestId')));
  return app;
}

/** Nothing there, or something that answers other methods: then it says which (RFC 9110, 15.5.6). */
function refuseUnknown(app: Hono<Env>, method: string, path: string): Refusal {
  const others = METHODS.filter((other) => other !== method && answers(app, other, path));
  if (others.length === 0) return new Refusal('not_found');
  return new Refusal('method_not_allowed', undefined, { headers: { Allow: others.join(', ') } });
}

const METHODS = ['GET', 'POST', 'PATCH', 'DELETE'];

/** Whether anything but middleware for all paths is registered there. */
function answers(app: Hono<Env>, method: string, path: string): boolean {
  const [handlers] = app.router.match(method, path);
  return handlers.some(([[, route]]) => route.method === method);
}
