/** The shapes of the files under `templates/`. */

export type ParameterType =
  | 'time'
  | 'day'
  | 'phone'
  | 'count'
  | 'place'
  | 'items'
  | 'disease'
  | 'fee'
  | 'scale'
  | 'text';

export interface ParameterMeta {
  type: ParameterType;
  required: boolean;
  /** UTF-16 code units of what is typed */
  maxLength: number;
  /** UTF-16 code units in flash texts */
  short: number;
}

export type Length = 'full' | 'sms' | 'flash' | 'radio' | 'neutral' | 'ascii';

/** `templates/<id>/meta.json`. The defaults are CAP's words. */
export interface Meta {
  id: string;
  group: string;
  event: string;
  eventCode: string;
  category: string[];
  responseType: string[];
  msgType: 'Alert' | 'Update' | 'Cancel';
  urgency: 'Immediate' | 'Expected' | 'Future' | 'Past' | 'Unknown';
  severity: 'Extreme' | 'Severe' | 'Moderate' | 'Minor' | 'Unknown';
  certainty: 'Observed' | 'Likely' | 'Possible' | 'Unlikely' | 'Unknown';
  scope: 'Public' | 'Private';
  asksCheckIn: boolean;
  channels: ('sms' | 'telegram' | 'push' | 'radio')[];
  /** without `org` and `ref`, which the gateway fills */
  parameters: Record<string, ParameterMeta>;
  /** which placeholders each length must hold, in every language */
  carries: Partial<Record<Length, string[]>>;
}

export interface Review {
  state: 'draft' | 'machine' | 'reviewed' | (string & {});
  by: string | null;
  on: string | null;
}

/**
 * The same words by length. `radio` is there where the template may go on air (playbook RP-10), `neutral` names no
 * politics, `ascii` is romanised.
 */
export type Texts = Record<'full' | 'sms' | 'flash', string> & Partial<Record<'radio' | 'neutral' | 'ascii', string>>;

/** `templates/<id>/<tag>.json` */
export interface TemplateText {
  language: string;
  event: string;
  texts: Texts;
  translator: string;
  review: Review;
  notes: string;
}

/** The texts of an alert in one language, filled in. `event` is the heading. */
export type RenderedText = { event: string } & Texts;

export interface TemplateSummary {
  id: string;
  parameters: { name: string; type: ParameterType; required: boolean }[];
  languages: string[];
  scope: 'Public' | 'Private';
  channels: string[];
}

/** `locales/<tag>/choices.json`: group -> id -> words, for example `fee` -> `free` -> `free`. */
export type Choices = Record<string, Record<string, string>>;

export type Values = Record<string, string | number>;
