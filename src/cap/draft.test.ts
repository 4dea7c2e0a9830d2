import { describe, expect, it } from 'vitest';
import amber from '../../test/fixtures/spec/cap/18-oasis-example-amber.xml?raw';
import seychelles from '../../test/fixtures/spec/cap/19-seychelles-sma-2024-en-signed.xml?raw';
import broken from '../../test/fixtures/spec/cap/90-bad-google-invalid.xml?raw';
import { embassy, testGateway } from '../../test/gateway.ts';

const headers = { 'Content-Type': 'application/cap+xml' };

describe('a CAP document that somebody sends in', () => {
  it('becomes a draft with its texts and area, and is never sent', async () => {
    const t = await testGateway();
    const { author, registrar } = await embassy(t);
    await t.call('POST', '/api/v1/people', {
      key: registrar,
      body: { addresses: [{ channel: 'telegram', value: '7' }] },
    });
    const answer = await t.call('POST', '/api/v1/cap', { key: author, body: seychelles, headers });
    expect(answer.status, answer.text).toBe(201);
    expect(answer.json).toMatchObject({ state: 'draft', scope: 'Private' });
    expect(answer.json.texts.en.full.length).toBeGreaterThan(20);
    expect(answer.json.warnings.join(' ')).toContain('signature');
    await t.work();
    expect(t.wire.calls).toEqual([]);
  });

  it('says what is doubtful of an old alert', async () => {
    const t = await testGateway();
    const { author } = await embassy(t);
    const answer = await t.call('POST', '/api/v1/cap', { key: author, body: amber, headers });
    expect(answer.status, answer.text).toBe(201);
    expect(answer.json.warnings.length).toBeGreaterThan(0);
  });

  it('is refused when it is not well-formed, has a DOCTYPE, or is not XML at all', async () => {
    const t = await testGateway();
    const { author } = await embassy(t);
    const bomb = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><alert>&x;</alert>';
    for (const body of [broken.slice(0, 200), bomb, 'ආයුබෝවන්', ''])
      expect((await t.call('POST', '/api/v1/cap', { key: author, body, headers })).json.code).toBe('cap_refused');
    expect((await t.call('POST', '/api/v1/cap', { key: author, body: 'x'.repeat(2_000_001), headers })).status).toBe(
      413,
    );
    expect(
      (
        await t.call('POST', '/api/v1/cap', {
          key: author,
          body: '{}',
          headers: { 'Content-Type': 'application/json' },
        })
      ).status,
    ).toBe(415);
  });
});
