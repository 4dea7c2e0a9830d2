/** The words of CAP 1.2 that the writer and the reader share: values, and the order of elements in the schema. */

export const STATUSES = ['Actual', 'Exercise', 'System', 'Test', 'Draft'];
export const MESSAGE_TYPES = ['Alert', 'Update', 'Cancel', 'Ack', 'Error'];
export const SCOPES = ['Public', 'Restricted', 'Private'];
export const CATEGORIES = [
  ...['Geo', 'Met', 'Safety', 'Security', 'Rescue', 'Fire'],
  ...['Health', 'Env', 'Transport', 'Infra', 'CBRNE', 'Other'],
];
export const RESPONSE_TYPES = [
  ...['Shelter', 'Evacuate', 'Prepare', 'Execute', 'Avoid', 'Monitor', 'Assess', 'AllClear', 'None'],
];
export const URGENCIES = ['Immediate', 'Expected', 'Future', 'Past', 'Unknown'];
export const SEVERITIES = ['Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown'];
export const CERTAINTIES = ['Observed', 'Likely', 'Possible', 'Unlikely', 'Unknown'];

export const CAP_1_2 = 'urn:oasis:names:tc:emergency:cap:1.2';
export const CAP_1_1 = 'urn:oasis:names:tc:emergency:cap:1.1';
export const XML_SIGNATURE = 'http://www.w3.org/2000/09/xmldsig#';

/** One element of a sequence: how often it may stand there and what it may hold. */
export interface Term {
  name: string;
  required?: boolean;
  many?: boolean;
  values?: readonly string[];
  form?: RegExp;
  inside?: readonly Term[];
}

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[-+]\d\d:\d\d$/;
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)$/;
const NAMED_VALUE: readonly Term[] = [
  { name: 'valueName', required: true },
  { name: 'value', required: true },
];

const RESOURCE: readonly Term[] = [
  { name: 'resourceDesc', required: true },
  { name: 'mimeType', required: true },
  { name: 'size', form: /^[+-]?\d+$/ },
  { name: 'uri' },
  { name: 'derefUri' },
  { name: 'digest' },
];

const AREA: readonly Term[] = [
  { name: 'areaDesc', required: true },
  { name: 'polygon', many: true },
  { name: 'circle', many: true },
  { name: 'geocode', many: true, inside: NAMED_VALUE },
  { name: 'altitude', form: DECIMAL },
  { name: 'ceiling', form: DECIMAL },
];

const INFO: readonly Term[] = [
  { name: 'language', form: /^[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*$/ },
  { name: 'category', required: true, many: true, values: CATEGORIES },
  { name: 'event', required: true },
  { name: 'responseType', many: true, values: RESPONSE_TYPES },
  { name: 'urgency', required: true, values: URGENCIES },
  { name: 'severity', required: true, values: SEVERITIES },
  { name: 'certainty', required: true, values: CERTAINTIES },
  { name: 'audience' },
  { name: 'eventCode', many: true, inside: NAMED_VALUE },
  { name: 'effective', form: TIME },
  { name: 'onset', form: TIME },
  { name: 'expires', form: TIME },
  { name: 'senderName' },
  { name: 'headline' },
  { name: 'description' },
  { name: 'instruction' },
  { name: 'web' },
  { name: 'contact' },
  { name: 'parameter', many: true, inside: NAMED_VALUE },
  { name: 'resource', many: true, inside: RESOURCE },
  { name: 'area', many: true, inside: AREA },
];

/** The content of `<alert>`, in the order of the schema. */
export const ALERT: readonly Term[] = [
  { name: 'identifier', required: true },
  { name: 'sender', required: true },
  { name: 'sent', required: true, form: TIME },
  { name: 'status', required: true, values: STATUSES },
  { name: 'msgType', required: true, values: MESSAGE_TYPES },
  { name: 'source' },
  { name: 'scope', required: true, values: SCOPES },
  { name: 'restriction' },
  { name: 'addresses' },
  { name: 'code', many: true },
  { name: 'note' },
  { name: 'references' },
  { name: 'incidents' },
  { name: 'info', many: true, inside: INFO },
];
