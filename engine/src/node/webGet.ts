import type { IncomingMessage } from 'node:http';

/**
 * Large files by Node's HTTP client. Not by `fetch`: that of Node 22 and 24 fails an assertion, which nobody
 * can catch, where a server ends the connection while the body waits to be read (nodejs/undici, issue 5360).
 *
 * The client is loaded when it is first needed: it brings all of undici along, which takes every decoder of a file on this
 * machine a tenth longer to start.
 */
interface WebRequest {
  readonly method?: 'GET' | 'HEAD';
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

const MAX_HOPS = 20;

/** As long as `fetch` waits for a server that says nothing. */
const SILENCE_MS = 300_000;

/** GET, redirects followed. */
export async function webGet(first: URL, { signal }: { signal?: AbortSignal } = {}): Promise<IncomingMessage> {
  let url = first;
  for (let hops = 0; hops <= MAX_HOPS; hops++) {
    const response = await webRequest(url, { signal });
    const { statusCode = 0, headers } = response;
    if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) return response;
    response.destroy();
    url = new URL(headers.location, url);
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw new Error(`it leads to ${url.href}, which is not on the web`);
  }
  throw new Error('it redirects in circles');
}

/** One request; who gets the answer reads its body or destroys it. */
export async function webRequest(
  url: URL,
  { method = 'GET', headers: given = {}, signal }: WebRequest = {},
): Promise<IncomingMessage> {
  const { request } = url.protocol === 'https:' ? await import('node:https') : await import('node:http');
  // What is compressed already gains nothing from being compressed again.
  const headers = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'diarist', ...given };
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, signal, timeout: SILENCE_MS }, resolve);
    sent.on('timeout', () => sent.destroy(new Error(`nothing came for ${SILENCE_MS / 1000} s`)));
    sent.on('error', (error) => reject(signal?.aborted ? signal.reason : error));
    sent.end();
  });
}
