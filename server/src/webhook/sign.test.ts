import { expect, test } from 'vitest';
import { signWebhook, verifyWebhook } from './sign.ts';

const secret = 'whs_0123456789abcdef0123456789abcdef';
const body = Buffer.from('{"jobId":"j1","status":"succeeded"}');

test('the signature equals the test vector of the specification', () => {
  expect(signWebhook(secret, 1_700_000_000, body)).toBe(
    '644663d6440b2563f5fbba195a0f0e99577698aa113a3bb1989927478c877045',
  );
});

test('a receiver refuses another body, another secret and an old timestamp', () => {
  const signature = signWebhook(secret, 1_700_000_000, body);
  const sent = { timestamp: 1_700_000_000, signature, body };
  const at = { now: 1_700_000_100 };
  expect(verifyWebhook(secret, sent, at)).toBe(true);
  expect(verifyWebhook(secret, { ...sent, body: Buffer.from('{}') }, at)).toBe(false);
  expect(verifyWebhook(`${secret}0`, sent, at)).toBe(false);
  expect(verifyWebhook(secret, sent, { now: 1_700_000_301 })).toBe(false);
  expect(verifyWebhook(secret, { ...sent, signature: 'short' }, at)).toBe(false);
});
