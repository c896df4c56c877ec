import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  addressProblem,
  ForbiddenAddress,
  guardedRequest,
  literalAddressProblem,
  TimedOut,
  TooManyRedirects,
} from './guard.ts';

let server: Server;
let base: string;
let seen = 0;
beforeAll(async () => {
  server = createServer((request, answer) => {
    seen++;
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
    if (pathname === '/to') answer.writeHead(302, { location: searchParams.get('url') ?? '/' }).end();
    else if (pathname === '/close') request.socket.destroy();
    else if (pathname === '/switch')
      request.socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\nConnection: Upgrade\r\n\r\n');
    else if (pathname === '/hang') setTimeout(() => answer.end('late'), 5000).unref();
    else answer.end('secret');
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', () => done()));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

test.each([
  ['10.0.0.7', 'private'],
  ['172.16.3.4', 'private'],
  ['192.168.1.1', 'private'],
  ['127.0.0.1', 'loopback'],
  ['169.254.169.254', 'linkLocal'],
  ['100.64.0.1', 'carrierGradeNat'],
  ['0.0.0.0', 'unspecified'],
  ['224.0.0.1', 'multicast'],
  ['255.255.255.255', 'broadcast'],
  ['::1', 'loopback'],
  ['fe80::1%eth0', 'linkLocal'],
  ['fd00::1', 'uniqueLocal'],
  ['::ffff:127.0.0.1', 'loopback'],
  ['::ffff:10.0.0.1', 'private'],
  ['[::ffff:a9fe:a9fe]', 'linkLocal'],
  ['64:ff9b::7f00:1', 'rfc6052'],
  ['2002:7f00:1::', '6to4'],
])('%s is of the range %s and not reached', (address, range) => {
  expect(addressProblem(address)).toBe(`an address of the range ${range}`);
});

// RFC 4291, 2.5.5.1: IPv4 addresses within ::/96, as a URL writes `[::127.0.0.1]`; IANA gives out nothing but 2000::/3.
test.each(['[::7f00:1]', '::a9fe:a9fe', '4000::1'])("%s is nobody's and not reached", (address) => {
  expect(addressProblem(address)).toBe('an address outside of 2000::/3');
});

test.each(['93.184.216.34', '8.8.8.8', '2606:4700:4700::1111'])('%s is public', (address) => {
  expect(addressProblem(address)).toBeUndefined();
});

test('other spellings of loopback are seen as what they are', () => {
  for (const host of ['2130706433', '0x7f.1', '017700000001', '127.1'])
    expect(literalAddressProblem(new URL(`http://${host}/`).hostname)).toContain('loopback');
  expect(literalAddressProblem('localhost')).toBeDefined();
  expect(literalAddressProblem('db.internal')).toBeDefined();
});

test('a private target is refused before anything is sent', async () => {
  const before = seen;
  await expect(guardedRequest(base, { timeoutMs: 1000 })).rejects.toBeInstanceOf(ForbiddenAddress);
  expect(seen).toBe(before);
});

test('a redirect to a private address is refused, though its start was allowed', async () => {
  const target = `${base}/to?url=${encodeURIComponent('http://169.254.169.254/latest/meta-data')}`;
  await expect(guardedRequest(target, { timeoutMs: 1000, allowedHosts: ['127.0.0.1'] })).rejects.toThrow(
    '169.254.169.254',
  );
});

test('a name that leads to a private address is refused, also when another of its addresses is public', async () => {
  const before = seen;
  const lookup = (
    _name: string,
    _options: object,
    callback: (error: null, addresses: { address: string; family: number }[]) => void,
  ) =>
    callback(null, [
      { address: '93.184.216.34', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]);
  const request = guardedRequest('http://rebind.example.org/', { timeoutMs: 1000, lookup });
  await expect(request).rejects.toThrow('leads to an address of the range loopback');
  expect(seen).toBe(before);
});

test('the address that was checked is the one that is connected to: there is one look-up a connection', async () => {
  let lookups = 0;
  const lookup = (
    _name: string,
    _options: object,
    callback: (error: null, addresses: { address: string; family: number }[]) => void,
  ) => {
    lookups++;
    callback(null, [{ address: '127.0.0.1', family: 4 }]);
  };
  const { port } = server.address() as AddressInfo;
  const answer = await guardedRequest(`http://ours.example.org:${port}/`, {
    timeoutMs: 1000,
    lookup,
    allowedHosts: ['ours.example.org'],
  });
  answer.resume();
  expect(answer.statusCode).toBe(200);
  expect(lookups).toBe(1);
});

test('redirects end after the number that is allowed', async () => {
  const loop = `${base}/to?url=${encodeURIComponent('/to?url=%2Fto')}`;
  const options = { timeoutMs: 2000, allowedHosts: ['127.0.0.1'], maxRedirects: 2 };
  await expect(guardedRequest(`${base}/to?url=${encodeURIComponent(loop)}`, options)).rejects.toBeInstanceOf(
    TooManyRedirects,
  );
});

test.each([
  ['/switch', 'switches protocols'],
  ['/close', 'socket hang up'],
])('a target that answers with nothing (%s) is told at once', async (path, message) => {
  await expect(guardedRequest(base + path, { allowedHosts: ['127.0.0.1'], timeoutMs: 60_000 })).rejects.toThrow(
    message,
  );
});

test('a target that hangs is given up', async () => {
  const options = { timeoutMs: 150, allowedHosts: ['127.0.0.1'] };
  await expect(guardedRequest(`${base}/hang`, options)).rejects.toBeInstanceOf(TimedOut);
});

test.each(['file:///etc/passwd', 'ftp://example.org/', 'gopher://example.org/', 'http://user:pw@example.org/'])(
  '%s is not requested',
  async (url) => {
    await expect(guardedRequest(url, { timeoutMs: 1000 })).rejects.toBeInstanceOf(ForbiddenAddress);
  },
);
