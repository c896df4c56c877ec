import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/**
 * Requests to addresses that users give, made so that they cannot reach into our own network.
 *
 *   name ─► look up ─► every address public? ─► connect to exactly that address (no second look-up)
 *     ▲                                                                │
 *     └───────────── redirect (counted, checked anew) ◄────────────────┘
 *
 * The check sits in the socket's own look-up, so what is checked is what is connected to: a name that changes between
 * two look-ups (DNS rebinding) gains nothing. Hosts that the operator lists are let through.
 */
export class ForbiddenAddress extends Error {
  override readonly name = 'ForbiddenAddress';
}

export class TooManyRedirects extends Error {
  override readonly name = 'TooManyRedirects';
}

export class TimedOut extends Error {
  override readonly name = 'TimedOut';
}

/** Why an address must not be reached, as the end of a sentence; undefined when it may. */
export function addressProblem(address: string): string | undefined {
  const bare = address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
  if (!ipaddr.isValid(bare)) return 'an address that cannot be read';
  // IPv4 written as IPv6 (::ffff:127.0.0.1) is looked at as the IPv4 address that it is.
  const parsed = ipaddr.process(bare);
  const range = parsed.range();
  if (range !== 'unicast') return `an address of the range ${range}`;
  // All that was given out of IPv6 is in 2000::/3: ::7f00:1 is 127.0.0.1, and a way to it where such tunnels are up.
  return parsed.kind() === 'ipv6' && parsed.toByteArray()[0] >> 5 !== 1 ? 'an address outside of 2000::/3' : undefined;
}

/** The same for a host in a URL that is an address, or that is known to be this machine. Names say nothing here. */
export function literalAddressProblem(hostname: string): string | undefined {
  const bare = hostname.replace(/^\[|\]$/g, '');
  if (isIP(bare)) return addressProblem(bare);
  return /^(localhost|.*\.localhost|.*\.local|.*\.internal)\.?$/i.test(bare)
    ? 'a name of this machine or network'
    : undefined;
}

type Lookup = (
  hostname: string,
  options: { all: true; verbatim: boolean },
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

export interface GuardedOptions {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly allowedHosts?: readonly string[];
  readonly allowHttp?: boolean;
  readonly maxRedirects?: number;
  /** For the whole exchange up to the answer's headers. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** How names are looked up; tests give their own. */
  readonly lookup?: Lookup;
}

/** Sends a request and follows its redirects. The caller must consume or destroy the answer. */
export async function guardedRequest(url: string, options: GuardedOptions): Promise<IncomingMessage> {
  const { maxRedirects = 5, timeoutMs } = options;
  const deadline = performance.now() + timeoutMs;
  let target = new URL(url);
  let method = options.method ?? 'GET';
  let body = options.body;
  for (let hop = 0; ; hop++) {
    const answer = await once(target, {
      ...options,
      method,
      body,
      timeoutMs: Math.max(1, deadline - performance.now()),
    });
    const status = answer.statusCode ?? 0;
    const location = answer.headers.location;
    if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return answer;
    answer.destroy();
    if (hop >= maxRedirects) throw new TooManyRedirects(`More than ${maxRedirects} redirects.`);
    target = new URL(location, target);
    if (status === 303 && method !== 'GET') {
      method = 'GET';
      body = undefined;
    }
  }
}

/** One exchange with one address that was checked. */
function once(target: URL, options: GuardedOptions): Promise<IncomingMessage> {
  const { allowedHosts = [], allowHttp = true, timeoutMs, signal, headers = {}, body } = options;
  const secure = target.protocol === 'https:';
  if (!secure && !(target.protocol === 'http:' && allowHttp))
    return Promise.reject(new ForbiddenAddress(`The scheme ${target.protocol} is not allowed here.`));
  if (target.username || target.password)
    return Promise.reject(new ForbiddenAddress('A URL with a user name or password is not taken.'));
  const hostname = target.hostname.replace(/^\[|\]$/g, '');
  const trusted = allowedHosts.includes(target.hostname) || allowedHosts.includes(target.host);
  const problem = trusted ? undefined : literalAddressProblem(target.hostname);
  if (problem) return Promise.reject(new ForbiddenAddress(`${target.hostname} is ${problem}.`));
  return new Promise((done, fail) => {
    const request = (secure ? httpsRequest : httpRequest)({
      method: options.method ?? 'GET',
      protocol: target.protocol,
      hostname,
      port: target.port || (secure ? 443 : 80),
      path: target.pathname + target.search,
      headers: {
        host: target.host,
        'user-agent': 'diarist',
        ...headers,
        ...(body ? { 'content-length': String(body.length) } : {}),
      },
      lookup: checkedLookup(options.lookup ?? (systemLookup as Lookup), trusted),
      agent: false,
      ...(secure ? { servername: isIP(hostname) ? '' : hostname } : {}),
      ...(signal ? { signal } : {}),
    });
    const late = setTimeout(
      () => request.destroy(new TimedOut(`No answer within ${Math.round(timeoutMs / 1000)} s.`)),
      timeoutMs,
    );
    request.once('response', (answer) => {
      clearTimeout(late);
      done(answer);
    });
    request.once('error', (error) => {
      clearTimeout(late);
      fail(error);
    });
    // Node ends such a request without a word where nobody listens, and what waits for an answer would wait for ever.
    request.once('upgrade', (_answer, socket) => {
      socket.destroy();
      fail(new Error('The server switches protocols instead of answering.'));
    });
    request.once('close', () => {
      clearTimeout(late);
      fail(new Error('The connection was closed without an answer.'));
    });
    request.end(body);
  });
}

/** A look-up for sockets that hands out checked addresses only. One bad address among several spoils them all. */
function checkedLookup(resolve: Lookup, trusted: boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { all: true, verbatim: true }, (error, addresses) => {
      if (error) return callback(error, [] as never, 4);
      const bad = trusted ? undefined : addresses.find(({ address }) => addressProblem(address));
      if (bad) {
        const reason = `${hostname} leads to ${addressProblem(bad.address)}.`;
        return callback(new ForbiddenAddress(reason) as NodeJS.ErrnoException, [] as never, 4);
      }
      if (options.all) return callback(null, addresses as never);
      return callback(null, addresses[0].address, addresses[0].family);
    });
  };
}
