import { expect, test } from 'vitest';
import { createLog } from './log.ts';

test('no key, secret, token or voiceprint reaches a log line, wherever it stands', () => {
  let out = '';
  const log = createLog('debug', (line) => {
    out += line;
  });
  const key = 'dk_3fQ9abcdefghijklmnop';
  log.info(`called with Bearer ${key}`, {
    authorization: key,
    nested: { secret: 'whs_0123456789abcdef', text: `x ${key} y` },
    path: '/v1/media/blob/eyJhbGciOi.c2lnbmF0dXJl',
    error: new Error(`refused vpr1.AAEBAgM`),
  });
  for (const secret of [key, 'whs_0123', 'eyJhbGciOi', 'vpr1.AAEB']) expect(out).not.toContain(secret);
  expect(out).toContain('[redacted]');
});

test('lines below the level are not written', () => {
  let lines = 0;
  const log = createLog('warn', () => {
    lines++;
  });
  log.info('no');
  log.warn('yes');
  log.with({ worker: 1 }).error('yes');
  expect(lines).toBe(2);
});
