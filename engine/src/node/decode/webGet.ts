import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/**
 * GET by Node's HTTP client, redirects followed. Not by `fetch`: that of Node 22 and 24 fails an assertion, which nobody
 * can catch, where a server ends the connection while the body waits to be read (nodejs/undici, issue 5360).
 */
const MAX_HOPS = 20;

/** As long as `fetch` waits for a server that says nothing. */
const SILENCE_MS = 300_000;

export async function webGet(first: URL, { signal }: { signal?: AbortSignal } = {}): Promise<IncomingMessage> {
  let url = first;
  for (let hops = 0; hops <= MAX_HOPS; hops++) {
    const response = await getOnce(url, signal);
    const { statusCode = 0, headers } = response;
    if (![301, 302, 303, 307, 308].includes(statusCode) || headers.location === undefined) return response;
    response.destroy();
    url = new URL(headers.location, url);
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw new Error(`it leads to ${url.href}, which is not on the web`);
  }
  throw new Error('it redirects in circles');
}

function getOnce(url: URL, signal: AbortSignal | undefined): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  // What is compressed already gains nothing from being compressed again.
  const headers = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'diarist' };
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, signal, timeout: SILENCE_MS }, resolve);
    sent.on('timeout', () => sent.destroy(new Error(`nothing came for ${SILENCE_MS / 1000} s`)));
    sent.on('error', reject);
    sent.end();
  });
}
