/** Everything that we refuse, in one place: status and a sentence. `code` is stable; clients may switch on it. */
export const REFUSALS = {
  unauthorized: [401, 'A valid API key is needed.'],
  forbidden: [403, 'This key has no role that may do this.'],
  key_not_confirmed: [403, 'This key waits for the confirmation of an approver.'],
  not_found: [404, 'There is nothing here that this key may see.'],
  method_not_allowed: [405, 'This address does not answer that method.'],
  too_large: [413, 'The body is too large.'],
  unsupported_media_type: [415, 'The body is not of a kind that is read here.'],
  malformed: [400, 'The body could not be read.'],
  invalid: [422, 'Some fields are missing or wrong.'],
  rate_limited: [429, 'Too many calls. Wait and try again.'],
  idempotency_in_flight: [409, 'A call with this Idempotency-Key is under way.'],
  idempotency_mismatch: [422, 'This Idempotency-Key was used with another request.'],
  already_set_up: [409, 'This installation is set up. Add organisations with `musafir organisations add`.'],
  wrong_setup_token: [403, 'The set-up token is wrong.'],
  roles_conflict: [422, 'These roles are never held by one key.'],
  already_confirmed: [409, 'This key is confirmed already.'],
  unknown_template: [422, 'There is no template of that name.'],
  unknown_parameter: [422, 'The template has no such parameter.'],
  missing_parameter: [422, 'The template needs a parameter that is not given.'],
  invalid_parameter: [422, 'A parameter is not of its type.'],
  text_differs: [422, 'The languages do not say the same.'],
  channel_not_allowed: [422, 'The template may not go over that channel.'],
  unknown_language: [422, 'That language cannot be chosen.'],
  machine_off: [409, 'Machine translation is off: TRANSLATE_URL is not set, and there is no binding AI.'],
  machine_unread: [422, 'A machine wrote some of the texts. A translator accepts each of them, or writes it anew.'],
  wrong_state: [409, 'The alert is not in a state that allows this.'],
  expired: [422, 'The alert has expired. Set a later `expires`.'],
  past_until: [422, 'The time that the text names as its end has passed.'],
  empty_audience: [422, 'The audience matches nobody.'],
  audience_locked: [422, 'The audience of an update or cancel is those who got the former alert.'],
  same_person: [403, 'The approver may not be the submitter or the last editor.'],
  people_changed: [409, 'The number of people is not the expected one. Look at the preview again.'],
  texts_changed: [409, 'The texts are not those that were looked at. Read them again.'],
  undo_required: [422, 'Only an alert of urgency Immediate may go without an undo time.'],
  not_indeterminate: [409, 'Only an indeterminate delivery can be resolved.'],
  already_taken: [409, 'Somebody else has taken this case.'],
  already_closed: [409, 'This case is closed.'],
  reason_needed: [422, 'A case is closed with a reason.'],
  no_bulletin: [404, 'There is no bulletin for this station and language.'],
  bulletin_over: [410, 'The time to read this bulletin is over, or it was withdrawn.'],
  cap_refused: [422, 'The document is not a CAP alert that can be read.'],
  wrong_signature: [403, 'The signature is missing or wrong.'],
  push_refused: [422, 'The push subscription cannot be used.'],
  channel_off: [409, 'The channel has no settings in this organisation.'],
  internal: [500, 'Something is wrong on our side. It is logged under the request id.'],
} as const satisfies Record<string, readonly [number, string]>;

export type RefusalCode = keyof typeof REFUSALS;

/** One field that is wrong. `pointer` is a JSON Pointer (RFC 6901) into the body. */
export interface FieldProblem {
  pointer: string;
  detail: string;
  code?: string;
}

/** A refusal by a rule of ours; turned into `application/problem+json` (RFC 9457) in one place. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly code: RefusalCode;
  readonly detail: string;
  readonly errors: FieldProblem[];
  readonly headers: Record<string, string>;
  constructor(
    code: RefusalCode,
    detail?: string,
    more: { errors?: FieldProblem[]; headers?: Record<string, string> } = {},
  ) {
    super(code);
    this.code = code;
    this.detail = detail ?? REFUSALS[code][1];
    this.errors = more.errors ?? [];
    this.headers = more.headers ?? {};
  }

  get status(): number {
    return REFUSALS[this.code][0];
  }
}
