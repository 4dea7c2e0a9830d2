import * as z from 'zod';
import { createStartLink } from '../people/links.ts';
import { changePerson, erasePerson, listPeople, readPerson, registerPerson } from '../people/people.ts';
import { Country, Language, Line, PersonInput, PersonPatch } from '../people/person.ts';
import { SHORT_ORG } from '../text/parameters.ts';
import { confirmKey, createKey, listKeys, revokeKey } from '../trust/operators.ts';
import { setUp } from '../trust/organisations.ts';
import { ROLES } from '../trust/roles.ts';
import { type Endpoint, endpoint, Page, pageOf } from './endpoint.ts';

const Name = Line(100);
const Key = z.object({
  id: z.string(),
  name: z.string(),
  roles: z.array(z.enum(ROLES)),
  confirmed: z.boolean(),
  createdAt: z.string(),
});
const Person = z.object({
  id: z.string(),
  externalId: z.string().nullable(),
  name: z.string().nullable(),
  languages: z.array(z.string()),
  nationalities: z.array(z.string()),
  country: z.string().nullable(),
  area: z.string().nullable(),
  latitude: z.number().nullable(),
  longitude: z.number().nullable(),
  locatedAt: z.string().nullable(),
  tags: z.array(z.string()),
  profile: z.string(),
  basis: z.string(),
  addresses: z.array(z.object({ channel: z.string(), value: z.string(), state: z.string() })),
  createdAt: z.string(),
  updatedAt: z.string(),
  sharedAddress: z.boolean().optional(),
});

/** Set-up, keys and people. */
export const registryEndpoints: Endpoint[] = [
  endpoint({
    method: 'POST',
    path: '/api/v1/setup',
    summary: 'Make the first organisation and its admin key, once',
    roles: 'anyone',
    body: z.strictObject({
      token: z.string().min(1).max(300),
      organisation: z.strictObject({
        id: z.string().regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'Use a-z, 0-9 and -.'),
        name: Name,
        shortName: Line(SHORT_ORG).optional(),
        country: Country,
        defaultLanguage: Language,
      }),
      mode: z.enum(['live', 'training']).default('live'),
    }),
    answers: { 201: z.object({ organisation: z.object({}).loose(), apiKey: z.string() }) },
    handle: async ({ g, body }) => ({ status: 201, body: await setUp(g, body) }),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/keys',
    summary: 'Make an API key; it is shown this once',
    roles: ['admin'],
    body: z.strictObject({ name: Name, roles: z.array(z.enum(ROLES)).min(1) }),
    answers: { 201: Key.extend({ apiKey: z.string() }) },
    handle: async ({ g, caller, body }) => ({ status: 201, body: await createKey(g, caller, body) }),
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/keys',
    summary: 'Keys that work or wait for confirmation',
    roles: ['admin', 'approver'],
    query: Page,
    answers: { 200: pageOf(Key) },
    handle: async ({ g, caller, query }) => ({
      status: 200,
      body: await listKeys(g, caller, query.cursor, query.limit),
    }),
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/keys/{id}/confirm',
    summary: 'Confirm the key of a further approver',
    roles: ['approver'],
    answers: { 200: Key },
    handle: async ({ g, caller, params }) => ({ status: 200, body: await confirmKey(g, caller, params.id!) }),
  }),
  endpoint({
    method: 'DELETE',
    path: '/api/v1/keys/{id}',
    summary: 'Revoke a key at once',
    roles: ['admin'],
    answers: { 204: null },
    handle: async ({ g, caller, params }) => {
      await revokeKey(g, caller, params.id!);
      return { status: 204 };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/people',
    summary: 'Register a person, or update the one with this externalId or address',
    roles: ['registrar'],
    body: PersonInput,
    answers: { 200: Person, 201: Person },
    handle: async ({ g, caller, body }) => {
      const { created, person } = await registerPerson(g, caller, body);
      return { status: created ? 201 : 200, body: person };
    },
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/people',
    summary: 'People in the order of registration',
    roles: ['registrar'],
    query: Page,
    answers: { 200: pageOf(Person) },
    handle: async ({ g, caller, query }) => ({
      status: 200,
      body: await listPeople(g, caller, query.cursor, query.limit),
    }),
  }),
  endpoint({
    method: 'GET',
    path: '/api/v1/people/{id}',
    summary: 'One person',
    roles: ['registrar', 'caseworker'],
    answers: { 200: Person },
    handle: async ({ g, caller, params }) => ({ status: 200, body: await readPerson(g, caller, params.id!) }),
  }),
  endpoint({
    method: 'PATCH',
    path: '/api/v1/people/{id}',
    summary: 'Change the given fields; null empties a field, addresses are replaced',
    roles: ['registrar'],
    body: PersonPatch,
    answers: { 200: Person },
    handle: async ({ g, caller, params, body }) => ({
      status: 200,
      body: await changePerson(g, caller, params.id!, body),
    }),
  }),
  endpoint({
    method: 'DELETE',
    path: '/api/v1/people/{id}',
    summary: 'Erase a person; counts stay, without a person',
    roles: ['registrar'],
    answers: { 204: null },
    handle: async ({ g, caller, params }) => {
      await erasePerson(g, caller, params.id!);
      return { status: 204 };
    },
  }),
  endpoint({
    method: 'POST',
    path: '/api/v1/people/{id}/start-link',
    summary: 'Make a one-time token that adds a Telegram chat to a person; it is shown this once and lives a day',
    roles: ['registrar'],
    answers: { 201: z.object({ token: z.string(), send: z.string(), expiresAt: z.string() }) },
    handle: async ({ g, caller, params }) => ({ status: 201, body: await createStartLink(g, caller, params.id!) }),
  }),
];
