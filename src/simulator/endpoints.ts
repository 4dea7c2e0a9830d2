import * as z from 'zod';
import { type Endpoint, endpoint, pageOf } from '../api/endpoint.ts';
import { PHONE_ROLES, refuseLive, simulatorTicket } from './access.ts';
import { findPhone, listPhones, messagesOn, writeOn } from './shelf.ts';

const Phone = z.object({
  id: z.string(),
  channel: z.enum(['sms', 'telegram', 'push']),
  label: z.string(),
  languages: z.array(z.string()),
  n: z.number(),
});
const Message = z
  .object({
    id: z.number(),
    direction: z.enum(['to_person', 'from_person']),
    at: z.string(),
    heading: z.string(),
    text: z.string(),
    language: z.string(),
    dir: z.enum(['ltr', 'rtl']),
    buttons: z.array(z.object({ label: z.string(), data: z.string() })),
    link: z.string().optional(),
    sms: z.object({ encoding: z.string(), segments: z.number() }).optional(),
  })
  .loose();

/** The simulated phones of an organisation in training, for programs: what the pages under /simulator do. */
export const simulatorEndpoints: Endpoint[] = [
  endpoint({
    method: 'POST',
    path: '/api/v1/simulator/tickets',
    summary: 'A link that opens the simulator in a browser, once and within ten minutes; training only',
    roles: PHONE_ROLES,
    body: z.strictObject({}),
    answers: { 201: z.object({ url: z.string() }) },
    handle: async ({ g, caller }) => ({
      status: 201,
      body: { url: `${g.config.publicUrl}/simulator?ticket=${await simulatorTicket(g, caller)}` },
      headers: { 'Cache-Control': 'no-store' },
    }),
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/simulator/phones',
    summary: 'Simulated phones, the busy ones among them; training only',
    roles: PHONE_ROLES,
    answers: { 200: pageOf(Phone) },
    handle: async ({ g, caller }) => {
      refuseLive(caller.organisation);
      return { status: 200, body: { items: await listPhones(g, caller.organisation.id), next: null } };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/simulator/phones/{id}',
    summary: 'The latest messages on one simulated phone, oldest first; training only',
    roles: PHONE_ROLES,
    answers: { 200: z.object({ id: z.string(), channel: z.string(), messages: z.array(Message) }) },
    handle: async ({ g, caller, params }) => {
      refuseLive(caller.organisation);
      const { channel } = await findPhone(g, caller.organisation.id, params.id!);
      const messages = await messagesOn(g, caller.organisation.id, params.id!);
      return { status: 200, body: { id: params.id, channel, messages } };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/simulator/phones/{id}/messages',
    summary: 'The owner of a simulated phone writes, or presses a button on it; training only',
    roles: PHONE_ROLES,
    body: z.union([
      z.strictObject({ text: z.string().trim().min(1).max(2000) }),
      z.strictObject({ button: z.string().min(1).max(64) }),
    ]),
    answers: { 201: z.object({ id: z.string(), messages: z.array(Message) }) },
    handle: async ({ g, caller, params, body }) => {
      refuseLive(caller.organisation);
      await writeOn(g, caller.organisation, params.id!, body);
      const messages = await messagesOn(g, caller.organisation.id, params.id!);
      return { status: 201, body: { id: params.id, messages } };
    },
  }),
];
