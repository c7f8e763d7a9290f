// Verifies deliveries as a receiver would that has only the specification of Standard Webhooks, in another language than the app's.
// In: a line of JSON each, { secret, headers, body }. Out: a line each, "ok" or why not.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createInterface } from 'node:readline';

const TOLERANCE_SECONDS = 5 * 60;

function verify({ secret, headers, body, now }) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  const signatures = headers['webhook-signature'];
  if (!id || !timestamp || !signatures) return 'a header is missing';
  if (id.includes('.') || !/^\d+$/.test(timestamp)) return 'the id or the time is malformed';
  if (Math.abs(now - Number(timestamp)) > TOLERANCE_SECONDS) return 'the time is too far off';
  if (!secret.startsWith('whsec_')) return 'the secret has no prefix';
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  if (key.length < 24 || key.length > 64) return `the secret has ${key.length} bytes`;
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest();
  for (const signature of signatures.split(' ')) {
    const [version, value] = signature.split(',');
    if (version !== 'v1') continue;
    const given = Buffer.from(value, 'base64');
    if (given.length === expected.length && timingSafeEqual(given, expected)) return 'ok';
  }
  return 'no signature fits';
}

for await (const line of createInterface({ input: process.stdin })) console.log(verify(JSON.parse(line)));
