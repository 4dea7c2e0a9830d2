/** Twilio's side of status callbacks: two for each message, signed before the clock starts. */
import { createHmac } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { Pool } from 'undici';
import { answer } from './child.ts';

export interface Callbacks {
  port: number;
  publicUrl: string;
  account: string;
  secret: string;
  connections: number;
  messages: { token: string; sid: string }[];
}

export interface Posted {
  /** answers a second */
  rate: number;
  p99: number;
  /** answers other than 2xx */
  refused: number;
}

answer<Callbacks>(async ({ port, publicUrl, account, secret, connections, messages }): Promise<Posted> => {
  const requests = ['sent', 'delivered'].flatMap((status) =>
    messages.map(({ token, sid }) => {
      const path = `/webhooks/twilio/status?t=${token}`;
      const form: Record<string, string> = {
        AccountSid: account,
        ApiVersion: '2010-04-01',
        From: '+815012345678',
        MessageSid: sid,
        MessageStatus: status,
        SmsSid: sid,
        SmsStatus: status,
        To: '+818012345671',
      };
      // https://www.twilio.com/docs/usage/security#validating-requests; the fields are sorted already
      const signed = publicUrl + path + Object.entries(form).flat().join('');
      const signature = createHmac('sha1', secret).update(signed).digest('base64');
      return { path, body: new URLSearchParams(form).toString(), signature };
    }),
  );
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections, pipelining: 1 });
  const times: number[] = [];
  let refused = 0;
  let next = 0;
  const loop = async () => {
    for (let request = requests[next++]; request; request = requests[next++]) {
      const { path, body, signature } = request;
      const began = performance.now();
      const reply = await pool.request({
        path,
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', 'x-twilio-signature': signature },
        body,
      });
      await reply.body.dump();
      times.push(performance.now() - began);
      if (reply.statusCode < 200 || reply.statusCode > 299) refused++;
    }
  };
  const began = performance.now();
  await Promise.all(Array.from({ length: connections }, loop));
  const seconds = (performance.now() - began) / 1000;
  await pool.close();
  times.sort((one, other) => one - other);
  return { rate: requests.length / seconds, p99: times[Math.floor(times.length * 0.99)]!, refused };
});
