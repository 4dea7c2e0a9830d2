/** Settings: one table with help and checks, parsed once from an environment object (DESIGN section 8). */

export interface TwilioSettings {
  accountSid: string;
  authToken: string;
  from: string | undefined;
  messagingServiceSid: string | undefined;
  apiUrl: string;
}

export interface TelegramSettings {
  botToken: string;
  /** undefined: derived from the master key */
  webhookSecret: string | undefined;
  apiUrl: string;
}

export interface VapidSettings {
  publicKey: string;
  privateKey: string;
}

/** A server that speaks LibreTranslate's API. */
export interface TranslateSettings {
  url: string;
  key: string | undefined;
}

export interface Config {
  port: number;
  host: string;
  databasePath: string;
  publicUrl: string;
  /** 32 bytes; undefined on Node means: kept beside the database */
  masterKey: Uint8Array<ArrayBuffer> | undefined;
  masterKeyPrevious: Uint8Array<ArrayBuffer> | undefined;
  setupToken: string | undefined;
  twilio: TwilioSettings | undefined;
  smsRate: number;
  telegram: TelegramSettings | undefined;
  vapid: VapidSettings | undefined;
  vapidSubject: string;
  translate: TranslateSettings | undefined;
  backupPublicKey: string | undefined;
  metricsToken: string | undefined;
  trustProxy: boolean;
  defaultCountry: string | undefined;
  logLevel: LogLevel;
  allowPrivateHosts: boolean;
}

export const LOG_LEVELS = ['debug', 'info', 'warning', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One thing that is wrong with the settings, and how to repair it. */
export interface ConfigProblem {
  setting: string;
  problem: string;
  repair: string;
}

interface Setting {
  name: string;
  help: string;
  /** shown in .env.example; '' means unset */
  example: string;
  group: string;
}

/** Every setting in the order of DESIGN section 8. `.env.example` is made from this table. */
export const SETTINGS: readonly Setting[] = [
  { group: 'Server', name: 'PORT', example: '8787', help: 'Port to listen on.' },
  { group: 'Server', name: 'HOST', example: '127.0.0.1', help: 'Address to listen on.' },
  {
    group: 'Server',
    name: 'PUBLIC_URL',
    example: 'http://localhost:8787',
    help: 'Address that people and providers reach us at, without a slash at the end. Webhook signatures are checked against it.',
  },
  {
    group: 'Server',
    name: 'TRUST_PROXY',
    example: 'no',
    help: 'yes when a proxy of yours sets X-Forwarded-For: the first address in it is then taken as the caller.',
  },
  {
    group: 'Server',
    name: 'LOG_LEVEL',
    example: 'info',
    help: 'debug, info, warning or error. No level shows names, numbers or texts.',
  },
  { group: 'Storage', name: 'DATABASE_PATH', example: './data/musafir.db', help: 'SQLite file (Node).' },
  {
    group: 'Storage',
    name: 'STATE_DIR',
    example: '',
    help: 'Folder for the local state of `npm run dev:edge`; unset: .wrangler/state.',
  },
  {
    group: 'Keys',
    name: 'MASTER_KEY',
    example: '',
    help: '32 random bytes as base64, for example from `openssl rand -base64 32`. Unset on Node: made at first start in a file beside the database. Required on Workers.',
  },
  {
    group: 'Keys',
    name: 'MASTER_KEY_PREVIOUS',
    example: '',
    help: 'The key before MASTER_KEY, while data keys are being wrapped anew.',
  },
  {
    group: 'Keys',
    name: 'SETUP_TOKEN',
    example: '',
    help: 'Secret for the first POST /api/v1/setup. Unset on Node: printed once at start. Required on Workers.',
  },
  {
    group: 'Keys',
    name: 'BACKUP_PUBLIC_KEY',
    example: '',
    help: 'Public key that backups are encrypted to; its private half is not on this machine.',
  },
  {
    group: 'Keys',
    name: 'METRICS_TOKEN',
    example: '',
    help: 'Bearer token for /metrics. Unset: only from loopback.',
  },
  { group: 'SMS by Twilio', name: 'TWILIO_ACCOUNT_SID', example: '', help: 'Account SID, begins with AC.' },
  {
    group: 'SMS by Twilio',
    name: 'TWILIO_AUTH_TOKEN',
    example: '',
    help: 'Auth token; also checks webhook signatures.',
  },
  { group: 'SMS by Twilio', name: 'TWILIO_FROM', example: '', help: 'Sender: E.164 number or alphanumeric name.' },
  {
    group: 'SMS by Twilio',
    name: 'TWILIO_MESSAGING_SERVICE_SID',
    example: '',
    help: 'Messaging service, begins with MG, in place of TWILIO_FROM.',
  },
  { group: 'SMS by Twilio', name: 'TWILIO_API_URL', example: 'https://api.twilio.com', help: 'Address of the API.' },
  { group: 'SMS by Twilio', name: 'SMS_RATE', example: '10', help: 'Messages a second that the sender is allowed.' },
  { group: 'Telegram', name: 'TELEGRAM_BOT_TOKEN', example: '', help: 'Token from BotFather.' },
  {
    group: 'Telegram',
    name: 'TELEGRAM_WEBHOOK_SECRET',
    example: '',
    help: '1 to 256 of A-Z a-z 0-9 _ -. Unset: derived from the master key.',
  },
  { group: 'Telegram', name: 'TELEGRAM_API_URL', example: 'https://api.telegram.org', help: 'Address of the Bot API.' },
  {
    group: 'Web push',
    name: 'VAPID_PUBLIC_KEY',
    example: '',
    help: 'Application server key, base64url. Unset with the private one: made once and kept sealed.',
  },
  { group: 'Web push', name: 'VAPID_PRIVATE_KEY', example: '', help: 'Its private half, base64url.' },
  {
    group: 'Web push',
    name: 'VAPID_SUBJECT',
    example: 'mailto:duty@example.org',
    help: 'mailto: or https: contact for push services.',
  },
  {
    group: 'Machine translation',
    name: 'TRANSLATE_URL',
    example: '',
    help: 'Server that speaks LibreTranslate’s API, to fill missing languages of own texts. It is told those texts: best one of your own. Unset: no machine translates.',
  },
  { group: 'Machine translation', name: 'TRANSLATE_KEY', example: '', help: 'Its api_key, where it asks for one.' },
  {
    group: 'People',
    name: 'DEFAULT_COUNTRY',
    example: '',
    help: 'ISO 3166-1 code for phone numbers without a country code; unset: the organisation’s country.',
  },
  {
    group: 'Development',
    name: 'ALLOW_PRIVATE_HOSTS',
    example: 'no',
    help: 'yes lets push endpoints, webhooks and feeds be on loopback or private addresses and plain http. For the demo and tests only.',
  },
];

const YES = new Set(['true', '1', 'yes']);
const NO = new Set(['false', '0', 'no', '']);

/**
 * Reads the settings. Never throws: every problem is listed at once with its repair.
 *
 * @param env names and values, as from `process.env` or a Worker's `env`
 * @param home `workers` demands MASTER_KEY and SETUP_TOKEN, which Node can make by itself
 */
export function parseConfig(
  env: Record<string, unknown>,
  home: 'node' | 'workers',
): { config: Config; problems: ConfigProblem[] } {
  const problems: ConfigProblem[] = [];
  const wrong = (setting: string, problem: string, repair: string) => problems.push({ setting, problem, repair });
  const text = (name: string): string | undefined => {
    const value = env[name];
    return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
  };
  const flag = (name: string): boolean => {
    const value = (text(name) ?? '').toLowerCase();
    if (!YES.has(value) && !NO.has(value)) wrong(name, `"${value}" is neither yes nor no`, 'Write yes or no.');
    return YES.has(value);
  };
  const number = (name: string, fallback: number, least: number, most: number): number => {
    const value = text(name);
    if (value === undefined) return fallback;
    const parsed = Number(value);
    if (!Number.isFinite(parsed) || parsed < least || parsed > most) {
      wrong(name, `"${value}" is not a number from ${least} to ${most}`, `Write a number, for example ${fallback}.`);
      return fallback;
    }
    return parsed;
  };
  const url = (name: string, fallback: string): string => {
    const value = text(name) ?? fallback;
    try {
      const parsed = new URL(value);
      if (!/^https?:$/.test(parsed.protocol) || parsed.search || parsed.hash) throw new Error();
      return value.replace(/\/+$/, '');
    } catch {
      wrong(name, `"${value}" is not an http or https address`, `Write an address such as ${fallback}.`);
      return fallback;
    }
  };
  const key = (name: string): Uint8Array<ArrayBuffer> | undefined => {
    const value = text(name);
    if (value === undefined) return undefined;
    try {
      const bytes = Uint8Array.from(atob(value.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
      if (bytes.length === 32) return bytes;
    } catch {}
    wrong(name, 'is not 32 bytes in base64', 'Make one with `openssl rand -base64 32`.');
    return undefined;
  };

  const port = number('PORT', 8787, 0, 65535);
  const masterKey = key('MASTER_KEY');
  const setupToken = text('SETUP_TOKEN');
  if (home === 'workers' && text('MASTER_KEY') === undefined)
    wrong('MASTER_KEY', 'is not set', 'Run `openssl rand -base64 32 | npx wrangler secret put MASTER_KEY`.');
  if (home === 'workers' && setupToken === undefined)
    wrong('SETUP_TOKEN', 'is not set', 'Run `openssl rand -hex 16 | npx wrangler secret put SETUP_TOKEN`.');

  const country = text('DEFAULT_COUNTRY')?.toUpperCase();
  if (country !== undefined && !/^[A-Z]{2}$/.test(country))
    wrong('DEFAULT_COUNTRY', `"${country}" is not an ISO 3166-1 code`, 'Write two letters, for example JP.');
  const logLevel = (text('LOG_LEVEL') ?? 'info').toLowerCase();
  if (!LOG_LEVELS.includes(logLevel as LogLevel))
    wrong('LOG_LEVEL', `"${logLevel}" is not a level`, `Write one of ${LOG_LEVELS.join(', ')}.`);
  const subject = text('VAPID_SUBJECT') ?? 'mailto:duty@example.org';
  if (!/^(mailto:.+@|https:\/\/)/.test(subject))
    wrong('VAPID_SUBJECT', `"${subject}" is neither mailto: nor https:`, 'Write mailto:you@your.domain (RFC 8292).');

  return {
    problems,
    config: {
      port,
      host: text('HOST') ?? '127.0.0.1',
      databasePath: text('DATABASE_PATH') ?? './data/musafir.db',
      publicUrl: url('PUBLIC_URL', `http://localhost:${port}`),
      masterKey,
      masterKeyPrevious: key('MASTER_KEY_PREVIOUS'),
      setupToken,
      twilio: readTwilio(text, wrong, url),
      smsRate: number('SMS_RATE', 10, 0.01, 100_000),
      telegram: readTelegram(text, wrong, url),
      vapid: readVapid(text, wrong),
      vapidSubject: subject,
      translate: text('TRANSLATE_URL')
        ? { url: url('TRANSLATE_URL', 'http://localhost:5000'), key: text('TRANSLATE_KEY') }
        : undefined,
      backupPublicKey: text('BACKUP_PUBLIC_KEY'),
      metricsToken: text('METRICS_TOKEN'),
      trustProxy: flag('TRUST_PROXY'),
      defaultCountry: country,
      logLevel: LOG_LEVELS.includes(logLevel as LogLevel) ? (logLevel as LogLevel) : 'info',
      allowPrivateHosts: flag('ALLOW_PRIVATE_HOSTS'),
    },
  };
}

type Text = (name: string) => string | undefined;
type Wrong = (setting: string, problem: string, repair: string) => unknown;
type Url = (name: string, fallback: string) => string;

function readTwilio(text: Text, wrong: Wrong, url: Url): TwilioSettings | undefined {
  const accountSid = text('TWILIO_ACCOUNT_SID');
  const authToken = text('TWILIO_AUTH_TOKEN');
  const from = text('TWILIO_FROM');
  const messagingServiceSid = text('TWILIO_MESSAGING_SERVICE_SID');
  const apiUrl = url('TWILIO_API_URL', 'https://api.twilio.com');
  if (!accountSid && !authToken && !from && !messagingServiceSid) return undefined;
  if (!accountSid) wrong('TWILIO_ACCOUNT_SID', 'is not set', 'Copy it from the Twilio console, or unset all TWILIO_*.');
  if (!authToken) wrong('TWILIO_AUTH_TOKEN', 'is not set', 'Copy it from the Twilio console, or unset all TWILIO_*.');
  if (!from && !messagingServiceSid)
    wrong('TWILIO_FROM', 'no sender', 'Set TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID.');
  if (!accountSid || !authToken || (!from && !messagingServiceSid)) return undefined;
  return { accountSid, authToken, from, messagingServiceSid, apiUrl };
}

function readTelegram(text: Text, wrong: Wrong, url: Url): TelegramSettings | undefined {
  const botToken = text('TELEGRAM_BOT_TOKEN');
  const webhookSecret = text('TELEGRAM_WEBHOOK_SECRET');
  const apiUrl = url('TELEGRAM_API_URL', 'https://api.telegram.org');
  if (webhookSecret && !/^[\w-]{1,256}$/.test(webhookSecret))
    wrong('TELEGRAM_WEBHOOK_SECRET', 'has characters that Telegram refuses', 'Use 1 to 256 of A-Z a-z 0-9 _ -.');
  return botToken ? { botToken, webhookSecret, apiUrl } : undefined;
}

function readVapid(text: Text, wrong: Wrong): VapidSettings | undefined {
  const publicKey = text('VAPID_PUBLIC_KEY');
  const privateKey = text('VAPID_PRIVATE_KEY');
  if (!publicKey && !privateKey) return undefined;
  if (!publicKey || !privateKey) {
    wrong(publicKey ? 'VAPID_PRIVATE_KEY' : 'VAPID_PUBLIC_KEY', 'is not set', 'Set both halves, or neither.');
    return undefined;
  }
  return { publicKey, privateKey };
}

/** The text of `.env.example`: every setting with its help, commented out at its default. */
export function envExample(): string {
  const lines = ['# Settings of Musafir. Made by `npm run env-example`; edit a copy named .env.', ''];
  let group = '';
  for (const setting of SETTINGS) {
    if (setting.group !== group) {
      group = setting.group;
      lines.push(`# ---- ${group} ----`, '');
    }
    lines.push(`# ${setting.help}`, `#${setting.name}=${setting.example}`, '');
  }
  return lines.join('\n');
}
