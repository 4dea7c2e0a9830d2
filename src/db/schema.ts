/**
 * One schema for SQLite and D1. Times are epoch milliseconds. Columns that end in `Sealed` hold
 * `<key id>.<base64url>` made by the vault; columns that end in `Index` hold keyed hashes for look-up.
 * No cascades: deleting is said in so many words where it is meant.
 */
import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, real, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

const id = () => integer('id').primaryKey();
const uid = () => text('uid').notNull().unique();
const organisation = () => text('organisation').notNull();
const flag = (name: string) => integer(name, { mode: 'boolean' }).notNull().default(false);

export const organisations = sqliteTable('organisations', {
  id: text('id').primaryKey(),
  name: text('name').notNull(),
  /** in flash texts, for all languages; null: made from the name */
  shortName: text('short_name'),
  country: text('country').notNull(),
  defaultLanguage: text('default_language').notNull(),
  mode: text('mode', { enum: ['live', 'training'] }).notNull(),
  /** the settings' senders belong to the organisation that was set up first */
  first: flag('first'),
  createdAt: integer('created_at').notNull(),
});

/** Data keys, each wrapped by the master key. A sealed value names the key that it was made with. */
export const dataKeys = sqliteTable('data_keys', {
  id: id(),
  organisation: organisation(),
  wrapped: text('wrapped').notNull(),
  createdAt: integer('created_at').notNull(),
});

/** Secrets of the installation itself, sealed by the master key: VAPID keys, the set-up mark. */
export const instance = sqliteTable('instance', {
  name: text('name').primaryKey(),
  valueSealed: text('value_sealed').notNull(),
});

export const operators = sqliteTable(
  'operators',
  {
    id: text('id').primaryKey(),
    organisation: organisation(),
    name: text('name').notNull(),
    roles: text('roles').notNull(),
    keyHash: text('key_hash').notNull().unique(),
    /** an approver's key waits until an approver of the organisation confirms it */
    confirmedAt: integer('confirmed_at'),
    createdAt: integer('created_at').notNull(),
    revokedAt: integer('revoked_at'),
  },
  (t) => [index('operators_by_organisation').on(t.organisation)],
);

export const idempotency = sqliteTable(
  'idempotency',
  {
    operator: text('operator').notNull(),
    key: text('key').notNull(),
    request: text('request').notNull(),
    status: integer('status'),
    responseSealed: text('response_sealed'),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [primaryKey({ columns: [t.operator, t.key] }), index('idempotency_by_age').on(t.createdAt)],
);

/** What was done, by whom, to what; never content. */
export const audit = sqliteTable(
  'audit',
  {
    id: id(),
    organisation: organisation(),
    at: integer('at').notNull(),
    operator: text('operator').notNull(),
    action: text('action').notNull(),
    subject: text('subject').notNull(),
    detail: text('detail').notNull(),
  },
  (t) => [index('audit_by_organisation').on(t.organisation, t.id)],
);

/** The distinct language lists, nationality sets, tag sets and reaches of all people, so that a choice is made once per list. */
export const interned = sqliteTable(
  'interned',
  {
    id: id(),
    kind: text('kind', { enum: ['languages', 'nationalities', 'tags', 'reach'] }).notNull(),
    /** values separated by a space: languages in order, the others sorted; '' for none */
    value: text('value').notNull(),
  },
  (t) => [uniqueIndex('interned_by_value').on(t.kind, t.value)],
);

export const people = sqliteTable(
  'people',
  {
    id: id(),
    uid: uid(),
    organisation: organisation(),
    externalIdIndex: text('external_id_index'),
    externalIdSealed: text('external_id_sealed'),
    nameSealed: text('name_sealed'),
    languages: integer('languages').notNull(),
    nationalities: integer('nationalities').notNull(),
    tags: integer('tags').notNull(),
    /** how many addresses of which channel, state and country: always what the two tables say; see people/reach.ts */
    reach: integer('reach').notNull().default(0),
    country: text('country'),
    area: text('area'),
    latitude: real('latitude'),
    longitude: real('longitude'),
    /** the pair of coordinates at 0.01 degree as one number; see people/place.ts */
    cell: integer('cell'),
    locatedAt: integer('located_at'),
    profile: text('profile', { enum: ['normal', 'discreet', 'anonymous'] }).notNull(),
    basis: text('basis').notNull(),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
  },
  (t) => [
    uniqueIndex('people_by_external_id').on(t.organisation, t.externalIdIndex),
    index('people_by_audience').on(
      t.organisation,
      t.country,
      t.area,
      t.cell,
      t.locatedAt,
      t.nationalities,
      t.languages,
      t.tags,
      t.reach,
    ),
    // a statement names the index that it is read by: a planner that has a choice takes the wrong one (docs/decisions.md)
    index('people_by_cell')
      .on(t.organisation, t.cell, t.locatedAt, t.nationalities, t.languages, t.tags, t.reach)
      .where(sql`cell is not null`),
    index('people_by_age').on(t.organisation, t.locatedAt, t.nationalities, t.languages, t.tags),
  ],
);

export const ADDRESS_STATES = ['active', 'stopped', 'unreachable'] as const;

export const addresses = sqliteTable(
  'addresses',
  {
    id: id(),
    organisation: organisation(),
    channel: text('channel', { enum: ['sms', 'telegram', 'push'] }).notNull(),
    valueSealed: text('value_sealed').notNull(),
    valueIndex: text('value_index').notNull(),
    /** ISO 3166-1 of the number's plan: chooses the SMS rule; never taken for a location */
    country: text('country'),
    state: text('state', { enum: ADDRESS_STATES }).notNull().default('active'),
    stateAt: integer('state_at').notNull(),
    stateReason: text('state_reason'),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [uniqueIndex('addresses_by_value').on(t.organisation, t.channel, t.valueIndex)],
);

export const peopleAddresses = sqliteTable(
  'people_addresses',
  {
    person: integer('person').notNull(),
    address: integer('address').notNull(),
    /** 0 is asked first */
    position: integer('position').notNull(),
  },
  (t) => [primaryKey({ columns: [t.person, t.address] }), index('people_addresses_by_address').on(t.address)],
);

/** One-time links that add a chat to a person (playbook TG-1); used once, its row is gone. */
export const startLinks = sqliteTable('start_links', {
  tokenHash: text('token_hash').primaryKey(),
  organisation: organisation(),
  person: integer('person').notNull(),
  expiresAt: integer('expires_at').notNull(),
});

export const imports = sqliteTable('imports', {
  id: id(),
  uid: uid(),
  organisation: organisation(),
  operator: text('operator').notNull(),
  status: text('status', { enum: ['queued', 'running', 'done', 'failed'] }).notNull(),
  dryRun: flag('dry_run'),
  rows: integer('rows').notNull().default(0),
  created: integer('created').notNull().default(0),
  updated: integer('updated').notNull().default(0),
  /** lines worked so far */
  cursor: integer('cursor').notNull().default(0),
  droppedColumns: text('dropped_columns').notNull().default('[]'),
  problem: text('problem'),
  createdAt: integer('created_at').notNull(),
  finishedAt: integer('finished_at'),
});

/** Rows of a file that was received and is not worked yet, in sealed chunks. */
export const importChunks = sqliteTable(
  'import_chunks',
  {
    import: integer('import').notNull(),
    chunk: integer('chunk').notNull(),
    rowsSealed: text('rows_sealed').notNull(),
  },
  (t) => [primaryKey({ columns: [t.import, t.chunk] })],
);

export const importRejections = sqliteTable(
  'import_rejections',
  {
    import: integer('import').notNull(),
    line: integer('line').notNull(),
    column: text('column').notNull(),
    reason: text('reason').notNull(),
  },
  (t) => [primaryKey({ columns: [t.import, t.line, t.column] })],
);

export const incidents = sqliteTable('incidents', {
  id: id(),
  uid: uid(),
  organisation: organisation(),
  name: text('name').notNull(),
  exercise: flag('exercise'),
  createdAt: integer('created_at').notNull(),
});

export const ALERT_STATES = [
  'draft',
  'submitted',
  'approved',
  'sending',
  'sent',
  'rejected',
  'stopped',
  'expired',
  'cancelled',
  'replaced',
] as const;

export const alerts = sqliteTable(
  'alerts',
  {
    id: id(),
    uid: uid(),
    ref: text('ref').notNull().unique(),
    organisation: organisation(),
    incident: integer('incident').notNull(),
    state: text('state', { enum: ALERT_STATES }).notNull(),
    msgType: text('msg_type', { enum: ['Alert', 'Update', 'Cancel'] }).notNull(),
    /** the alert that this one updates or cancels */
    former: integer('former'),
    /** the first alert of the chain; its own id for a first alert */
    chain: integer('chain'),
    /** an update that says the same and speaks more languages: it goes to those who wait for them */
    adds: flag('adds'),
    template: text('template'),
    parametersSealed: text('parameters_sealed'),
    audience: text('audience').notNull(),
    channels: text('channels').notNull(),
    plan: text('plan', { enum: ['parallel', 'cascade'] }).notNull(),
    languagePolicy: text('language_policy', { enum: ['default', 'bilingual', 'plain', 'hold'] }).notNull(),
    category: text('category').notNull(),
    eventCode: text('event_code'),
    event: text('event').notNull(),
    responseType: text('response_type').notNull(),
    urgency: text('urgency').notNull(),
    severity: text('severity').notNull(),
    certainty: text('certainty').notNull(),
    scope: text('scope', { enum: ['Public', 'Private'] }).notNull(),
    asksCheckIn: flag('asks_check_in'),
    /** those who do not answer are asked again */
    ladder: flag('ladder'),
    /** steps of the ladder that are done */
    ladderStep: integer('ladder_step').notNull().default(0),
    /** highest person of whom the next step is done */
    ladderCursor: integer('ladder_cursor').notNull().default(0),
    expiresAt: integer('expires_at').notNull(),
    createdAt: integer('created_at').notNull(),
    createdBy: text('created_by').notNull(),
    editedBy: text('edited_by').notNull(),
    submittedAt: integer('submitted_at'),
    submittedBy: text('submitted_by'),
    exercise: flag('exercise'),
    /** SHA-256 over every frozen text, length and variant: approval names it */
    frozenHash: text('frozen_hash'),
    approvedAt: integer('approved_at'),
    approvedBy: text('approved_by'),
    /** people counted at approval */
    people: integer('people'),
    /** what the approver was shown, as JSON: who reads what, why, and at what price */
    gate: text('gate'),
    /** planning starts then: approval plus the undo seconds */
    sendAt: integer('send_at'),
    /** highest person id (or former delivery id) that is planned */
    planCursor: integer('plan_cursor').notNull().default(0),
    planEnd: integer('plan_end'),
    plannedAt: integer('planned_at'),
    startedAt: integer('started_at'),
    finishedAt: integer('finished_at'),
    /** why it was returned, rejected or cancels another: an operator's own words */
    reasonSealed: text('reason_sealed'),
  },
  (t) => [
    index('alerts_by_organisation').on(t.organisation, t.id),
    index('alerts_by_incident').on(t.incident),
    index('alerts_by_state').on(t.state, t.sendAt),
    index('alerts_by_chain').on(t.chain),
  ],
);

/** All lengths of one language of one alert, as sealed JSON `{event, full, sms, flash, radio, ...}`. */
export const alertTexts = sqliteTable(
  'alert_texts',
  {
    alert: integer('alert').notNull(),
    language: text('language').notNull(),
    textsSealed: text('texts_sealed').notNull(),
    review: text('review').notNull(),
  },
  (t) => [primaryKey({ columns: [t.alert, t.language] })],
);

/** Which text each language list gets, and why: made at approval, read by the plan. */
export const alertLanguages = sqliteTable(
  'alert_languages',
  {
    alert: integer('alert').notNull(),
    languages: integer('languages').notNull(),
    language: text('language'),
    reason: text('reason').notNull(),
  },
  (t) => [primaryKey({ columns: [t.alert, t.languages] })],
);

export const DELIVERY_STATES = [
  'pending',
  'sending',
  'sent',
  'delivered',
  'failed',
  'expired',
  'cancelled',
  'suppressed',
  'indeterminate',
] as const;

/** The ledger: one row per alert, address, step and language, and one per answer (alert is null then). */
export const deliveries = sqliteTable(
  'deliveries',
  {
    id: id(),
    /** 53 random bits: with `id` it makes the opaque public id and the token of callbacks */
    nonce: integer('nonce').notNull(),
    organisation: organisation(),
    alert: integer('alert'),
    person: integer('person'),
    address: integer('address'),
    /** the address, or minus the person when there is none: what must be unique */
    target: integer('target').notNull(),
    channel: text('channel', { enum: ['sms', 'telegram', 'push'] }),
    /** whose queue: sms, telegram, push or simulator */
    sender: text('sender').notNull(),
    step: integer('step').notNull().default(0),
    language: text('language').notNull(),
    languageReason: text('language_reason').notNull(),
    /** lower goes first */
    rank: integer('rank').notNull(),
    state: text('state', { enum: DELIVERY_STATES }).notNull(),
    attempts: integer('attempts').notNull().default(0),
    /** not before; 0 is at once */
    dueAt: integer('due_at').notNull().default(0),
    /** while `sending`: after it the outcome counts as unknown */
    leaseUntil: integer('lease_until'),
    /** while `sending` with an unknown outcome: ask the provider's list then */
    lookUpAt: integer('look_up_at'),
    lookUps: integer('look_ups').notNull().default(0),
    errorCode: text('error_code'),
    providerId: text('provider_id'),
    /** words of an answer; an alert's words are in alert_texts */
    bodySealed: text('body_sealed'),
    expiresAt: integer('expires_at').notNull(),
    createdAt: integer('created_at').notNull(),
    attemptedAt: integer('attempted_at'),
    sentAt: integer('sent_at'),
    deliveredAt: integer('delivered_at'),
    /** set once the cascade has looked at a final failure */
    followedAt: integer('followed_at'),
    /** when the provider's copy of the text was emptied; null while there may be one */
    redactedAt: integer('redacted_at'),
    /** emptying it is not tried before; null is at once for what is at its end, and not yet for what is `sent` */
    redactAt: integer('redact_at'),
  },
  (t) => [
    uniqueIndex('deliveries_once').on(t.alert, t.target, t.step, t.language),
    index('deliveries_due').on(t.sender, t.rank).where(sql`state = 'pending'`),
    index('deliveries_open').on(t.alert).where(sql`state in ('pending', 'sending')`),
    index('deliveries_under_way').on(t.leaseUntil).where(sql`state = 'sending'`),
    index('deliveries_by_provider').on(t.providerId).where(sql`provider_id is not null`),
    index('deliveries_by_address').on(t.address),
    index('deliveries_unredacted')
      .on(t.state, t.sentAt)
      .where(
        sql`sender = 'sms' and provider_id is not null and redacted_at is null and (state in ('delivered', 'failed') or redact_at is not null)`,
      ),
    index('deliveries_dead')
      .on(t.alert, t.id)
      .where(sql`state in ('failed', 'expired', 'suppressed', 'indeterminate')`),
  ],
);

/** Pace and health of each sender, and of each part of one that answers for itself (`push:fcm.googleapis.com`). */
export const senders = sqliteTable('senders', {
  name: text('name').primaryKey(),
  /** theoretical arrival time of the next message (GCRA), in milliseconds with a fraction */
  nextAt: real('next_at').notNull().default(0),
  haltedAt: integer('halted_at'),
  haltedUntil: integer('halted_until'),
  haltedReason: text('halted_reason'),
  haltedCause: text('halted_cause', { enum: ['pace', 'account', 'provider'] }),
  /** sends in a row that got no answer */
  silent: integer('silent').notNull().default(0),
  /** times in a row that it was found silent: the wait grows with it */
  halts: integer('halts').notNull().default(0),
});

/** How far slow work has walked through a table, by row number. */
export const cursors = sqliteTable('cursors', {
  name: text('name').primaryKey(),
  at: integer('at').notNull(),
});

/** Counts that no table of rows gives, such as refused webhooks. */
export const counters = sqliteTable('counters', {
  name: text('name').primaryKey(),
  n: integer('n').notNull(),
});

/** Every inbound message, stored before it is understood. */
export const replies = sqliteTable(
  'replies',
  {
    id: id(),
    uid: uid(),
    organisation: organisation(),
    channel: text('channel').notNull(),
    providerId: text('provider_id').notNull(),
    address: integer('address'),
    person: integer('person'),
    incident: integer('incident'),
    alert: integer('alert'),
    fromSealed: text('from_sealed').notNull(),
    textSealed: text('text_sealed').notNull(),
    /** JSON of what the channel told beside the text: start token, location, button */
    extraSealed: text('extra_sealed'),
    receivedAt: integer('received_at').notNull(),
    understoodAt: integer('understood_at'),
    meaning: text('meaning'),
    code: text('code'),
    need: text('need'),
    people: integer('people'),
    onBehalf: flag('on_behalf'),
    readAt: integer('read_at'),
    readBy: text('read_by'),
  },
  (t) => [
    uniqueIndex('replies_once').on(t.channel, t.providerId),
    index('replies_waiting').on(t.id).where(sql`understood_at is null`),
    index('replies_by_organisation').on(t.organisation, t.id),
    index('replies_by_address').on(t.address, t.id),
  ],
);

/** An open dialogue with an address: what was asked last, and what was told so far. Gone a day after the last message. */
export const dialogues = sqliteTable(
  'dialogues',
  {
    address: integer('address').primaryKey(),
    organisation: organisation(),
    kind: text('kind').notNull(),
    step: text('step').notNull(),
    /** JSON of what was told; see replies/steps.ts */
    toldSealed: text('told_sealed').notNull(),
    /** the last message that moved it on: understood again after a crash, it moves nothing */
    reply: integer('reply').notNull(),
    startedAt: integer('started_at').notNull(),
    expiresAt: integer('expires_at').notNull(),
  },
  (t) => [index('dialogues_by_age').on(t.expiresAt)],
);

/** Where each addressed person stands in an incident: one row, from the moment of planning. */
export const checkIns = sqliteTable(
  'check_ins',
  {
    id: id(),
    incident: integer('incident').notNull(),
    person: integer('person'),
    /** null until something is known */
    meaning: text('meaning', { enum: ['safe', 'help', 'moved', 'unclear'] }),
    code: text('code'),
    movement: text('movement'),
    people: integer('people'),
    source: text('source', { enum: ['self', 'leader', 'family', 'officer'] }),
    /** an unclear reply that no person has read yet */
    unread: flag('unread'),
    at: integer('at'),
    createdAt: integer('created_at').notNull(),
  },
  (t) => [uniqueIndex('check_ins_once').on(t.incident, t.person)],
);

/** Everything that was ever said about where a person stands. */
export const checkInHistory = sqliteTable(
  'check_in_history',
  {
    id: id(),
    incident: integer('incident').notNull(),
    person: integer('person'),
    reply: integer('reply'),
    meaning: text('meaning').notNull(),
    code: text('code'),
    people: integer('people'),
    source: text('source').notNull(),
    at: integer('at').notNull(),
  },
  (t) => [index('check_in_history_by_person').on(t.incident, t.person, t.id)],
);

export const cases = sqliteTable(
  'cases',
  {
    id: id(),
    uid: uid(),
    organisation: organisation(),
    /** 0 when no incident of the organisation fits */
    incident: integer('incident').notNull(),
    person: integer('person'),
    address: integer('address'),
    /** the person, or minus the address of somebody unknown: one open case each */
    subject: integer('subject').notNull(),
    state: text('state', { enum: ['open', 'taken', 'closed'] }).notNull(),
    priority: text('priority', { enum: ['P1', 'P2', 'P3', 'P4'] }).notNull(),
    need: text('need'),
    /** the person has said safe since: confirm before closing (CK-3) */
    saysSafe: flag('says_safe'),
    openedAt: integer('opened_at').notNull(),
    /** a person must look before then */
    dueAt: integer('due_at').notNull(),
    lastHelpAt: integer('last_help_at').notNull(),
    owner: text('owner'),
    takenAt: integer('taken_at'),
    /** the owner's last sign: who shows none for long gives it back */
    touchedAt: integer('touched_at'),
    /** half of the clock had run and nobody had taken it */
    remindedAt: integer('reminded_at'),
    /** the clock had run out and nobody had taken it */
    alarmedAt: integer('alarmed_at'),
    /** the person was told that we are late */
    toldLateAt: integer('told_late_at'),
    closedAt: integer('closed_at'),
    closedReason: text('closed_reason'),
  },
  (t) => [
    index('cases_by_organisation').on(t.organisation, t.state, t.priority, t.openedAt),
    uniqueIndex('cases_one_open').on(t.organisation, t.incident, t.subject).where(sql`state <> 'closed'`),
    index('cases_by_subject').on(t.subject),
    index('cases_by_clock').on(t.state, t.dueAt),
  ],
);

/** Situation reports as they were at their moment: counts in clear, an operator's own lines sealed. */
export const sitreps = sqliteTable(
  'sitreps',
  {
    id: id(),
    uid: uid(),
    organisation: organisation(),
    incident: integer('incident').notNull(),
    number: integer('number').notNull(),
    at: integer('at').notNull(),
    operator: text('operator').notNull(),
    /** JSON: name to count */
    numbers: text('numbers').notNull(),
    /** JSON: what was sent, by alert */
    sent: text('sent').notNull(),
    linesSealed: text('lines_sealed').notNull(),
  },
  (t) => [uniqueIndex('sitreps_once').on(t.incident, t.number)],
);

/** Who has not answered whatever was asked, and is to be called: one row for each person of an incident. */
export const calls = sqliteTable(
  'calls',
  {
    id: id(),
    uid: uid(),
    organisation: organisation(),
    incident: integer('incident').notNull(),
    person: integer('person').notNull(),
    /** lower is called first */
    rank: integer('rank').notNull(),
    state: text('state', { enum: ['open', 'taken', 'closed'] }).notNull(),
    owner: text('owner'),
    takenAt: integer('taken_at'),
    /** calls that reached nobody */
    tries: integer('tries').notNull().default(0),
    outcome: text('outcome'),
    createdAt: integer('created_at').notNull(),
    closedAt: integer('closed_at'),
  },
  (t) => [uniqueIndex('calls_once').on(t.incident, t.person)],
);

export const caseNotes = sqliteTable(
  'case_notes',
  {
    id: id(),
    case: integer('case').notNull(),
    at: integer('at').notNull(),
    operator: text('operator').notNull(),
    textSealed: text('text_sealed').notNull(),
  },
  (t) => [index('case_notes_by_case').on(t.case, t.id)],
);

export const stations = sqliteTable(
  'stations',
  {
    id: id(),
    uid: uid(),
    organisation: organisation(),
    name: text('name').notNull(),
    languages: text('languages').notNull(),
    areas: text('areas').notNull(),
    contactsSealed: text('contacts_sealed'),
    tokenHash: text('token_hash').notNull().unique(),
    createdAt: integer('created_at').notNull(),
    revokedAt: integer('revoked_at'),
  },
  (t) => [index('stations_by_organisation').on(t.organisation)],
);

/** One numbered bulletin of a station in a language. Its words are the alert's frozen radio text. */
export const bulletins = sqliteTable(
  'bulletins',
  {
    id: id(),
    organisation: organisation(),
    station: integer('station').notNull(),
    language: text('language').notNull(),
    number: integer('number').notNull(),
    replaces: integer('replaces'),
    alert: integer('alert').notNull(),
    status: text('status', { enum: ['NEW', 'UPDATE', 'CORRECTION', 'KILL'] }).notNull(),
    readFrom: integer('read_from').notNull(),
    notAfter: integer('not_after').notNull(),
    createdAt: integer('created_at').notNull(),
    withdrawnAt: integer('withdrawn_at'),
  },
  (t) => [
    uniqueIndex('bulletins_once').on(t.station, t.language, t.number),
    uniqueIndex('bulletins_by_alert').on(t.alert, t.station, t.language),
  ],
);

export const aired = sqliteTable(
  'aired',
  {
    id: id(),
    bulletin: integer('bulletin').notNull(),
    presenterSealed: text('presenter_sealed'),
    at: integer('at').notNull(),
    repeats: integer('repeats').notNull(),
  },
  (t) => [index('aired_by_bulletin').on(t.bulletin)],
);

/** What the simulated phones of an organisation in training show. */
export const simulated = sqliteTable(
  'simulated',
  {
    id: id(),
    organisation: organisation(),
    address: integer('address').notNull(),
    delivery: integer('delivery'),
    direction: text('direction', { enum: ['to_person', 'from_person'] }).notNull(),
    messageSealed: text('message_sealed').notNull(),
    at: integer('at').notNull(),
  },
  (t) => [
    uniqueIndex('simulated_once').on(t.delivery),
    index('simulated_by_address').on(t.organisation, t.address, t.id),
  ],
);
