import { expect, test } from 'vitest';
import { readConfig } from '../config.ts';
import { checkWebhook, isBelow } from './submit.ts';

test('a private host is let through by its name, or by its name and port, as where it is called', () => {
  const config = readConfig({ WEBHOOK_ALLOW_HTTP: 'true', WEBHOOK_ALLOWED_HOSTS: 'localhost:9000,10.0.0.7' });
  const check = (url: string) => () => checkWebhook(url, { config });
  expect(check('http://localhost:9000/hook')).not.toThrow();
  expect(check('http://10.0.0.7:8000/hook')).not.toThrow();
  expect(check('http://localhost:9001/hook')).toThrow('Invalid request');
});

test('a user name in the address is refused at once: it is never sent, and the webhook would never be delivered', () => {
  const config = readConfig({ WEBHOOK_ALLOWED_HOSTS: 'hooks.example.org' });
  const refused = expect.objectContaining({ errors: [expect.objectContaining({ field: 'webhook' })] });
  for (const url of ['https://ada:secret@hooks.example.org/', 'https://token@hooks.example.org/'])
    expect(() => checkWebhook(url, { config }), url).toThrow(refused);
  expect(() => checkWebhook('https://hooks.example.org/?user=ada', { config })).not.toThrow();
});

test.each([
  ['file:///srv/calls/a.wav', ['/srv/calls'], true],
  ['file:///srv/calls/a.wav', ['/srv/calls/'], true],
  ['file:///srv/calls/a.wav', ['/'], true],
  ['file:///srv/calls-2/a.wav', ['/srv/calls'], false],
  ['file:///srv/calls/../a.wav', ['/srv/calls'], false],
  ['file:///srv/calls', ['/srv/calls'], false],
  ['file:///srv/calls/a.wav', [], false],
])('whether %s is below %j: %s', (url, roots, expected) => {
  expect(isBelow(url, roots)).toBe(expected);
});
