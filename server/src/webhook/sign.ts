import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * pyannoteAI's webhook signature: HMAC-SHA256 of `v0:TIMESTAMP:BODY` with the whole secret, `whs_` included,
 * as hex (base64 where an operator says so).
 */
export function signWebhook(
  secret: string,
  timestamp: number,
  body: Buffer,
  encoding: 'hex' | 'base64' = 'hex',
): string {
  return createHmac('sha256', secret).update(`v0:${timestamp}:`).update(body).digest(encoding);
}

/** For receivers: whether a signature is right and fresh. */
export function verifyWebhook(
  secret: string,
  { timestamp, signature, body }: { timestamp: number; signature: string; body: Buffer },
  { now = Date.now() / 1000, leeway = 300 }: { now?: number; leeway?: number } = {},
): boolean {
  const right = Buffer.from(signWebhook(secret, timestamp, body));
  const given = Buffer.from(signature);
  return Math.abs(now - timestamp) <= leeway && right.length === given.length && timingSafeEqual(right, given);
}
