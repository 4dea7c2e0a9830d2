import { describe, expect, it } from 'vitest';
import { envExample, parseConfig, SETTINGS } from './config.ts';

describe('settings', () => {
  it('are complete without any on Node', () => {
    const { config, problems } = parseConfig({}, 'node');
    expect(problems).toEqual([]);
    expect(config).toMatchObject({
      port: 8787,
      host: '127.0.0.1',
      publicUrl: 'http://localhost:8787',
      smsRate: 10,
      allowPrivateHosts: false,
    });
    expect(config.twilio).toBeUndefined();
  });

  it('tell every problem at once, each with its repair', () => {
    const { problems } = parseConfig(
      {
        PORT: 'eighty',
        PUBLIC_URL: 'ftp://x',
        MASTER_KEY: 'short',
        ALLOW_PRIVATE_HOSTS: 'maybe',
        DEFAULT_COUNTRY: 'Japan',
        LOG_LEVEL: 'loud',
      },
      'node',
    );
    expect(problems.map(({ setting }) => setting).sort()).toEqual([
      'ALLOW_PRIVATE_HOSTS',
      'DEFAULT_COUNTRY',
      'LOG_LEVEL',
      'MASTER_KEY',
      'PORT',
      'PUBLIC_URL',
    ]);
    expect(problems.every(({ repair }) => repair.length > 10)).toBe(true);
  });

  it('need a key and a set-up token on Workers, where none can be made', () => {
    expect(parseConfig({}, 'workers').problems.map(({ setting }) => setting)).toEqual(['MASTER_KEY', 'SETUP_TOKEN']);
  });

  it('leave a channel off that has no settings, and complain of half of them', () => {
    const half = parseConfig({ TWILIO_ACCOUNT_SID: 'AC1' }, 'node');
    expect(half.config.twilio).toBeUndefined();
    expect(half.problems.map(({ setting }) => setting)).toEqual(['TWILIO_AUTH_TOKEN', 'TWILIO_FROM']);
    const whole = parseConfig(
      { TWILIO_ACCOUNT_SID: 'AC1', TWILIO_AUTH_TOKEN: 't', TWILIO_FROM: '+15005550006', SMS_RATE: '200' },
      'node',
    );
    expect(whole.problems).toEqual([]);
    expect(whole.config).toMatchObject({
      smsRate: 200,
      twilio: { apiUrl: 'https://api.twilio.com', from: '+15005550006' },
    });
  });

  it('take booleans as people write them', () => {
    for (const yes of ['yes', 'TRUE', '1'])
      expect(parseConfig({ TRUST_PROXY: yes }, 'node').config.trustProxy).toBe(true);
    for (const no of ['no', 'False', '0', ''])
      expect(parseConfig({ TRUST_PROXY: no }, 'node').config.trustProxy).toBe(false);
  });

  it('are all in .env.example, commented out', () => {
    const lines = envExample().split('\n');
    for (const { name } of SETTINGS) expect(lines.filter((line) => line.startsWith(`#${name}=`))).toHaveLength(1);
  });
});
