import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';

/**
 * The socket side of the API, and how patient it is. An upload may take hours, so a request as a whole has no time limit;
 * but its headers have to come, a JSON body has to come (body.ts), and nobody may be silent for long.
 */
export interface Patience {
  /** How long the headers of a request may take. */
  readonly headersMs?: number;
  /** How long a socket may be silent in the middle of a request. */
  readonly silenceMs?: number;
  /** How often late headers are looked for. */
  readonly checkMs?: number;
}

export function createHttpServer(
  fetch: (request: Request, ...rest: never[]) => Response | Promise<Response>,
  { host, headersMs = 30_000, silenceMs = 120_000, checkMs = 5000 }: Patience & { readonly host?: string } = {},
): Server {
  const server: Server = createAdaptorServer({
    fetch: fetch as (request: Request) => Promise<Response>,
    hostname: host,
    serverOptions: {
      connectionsCheckingInterval: checkMs,
      // Java's client offers HTTP/2 with every request (Upgrade: h2c). Who listens for WebSockets does not want those.
      shouldUpgradeCallback: (request) =>
        server.listenerCount('upgrade') > 0 && request.headers.upgrade?.toLowerCase() === 'websocket',
    },
  }) as Server;
  server.requestTimeout = 0;
  server.headersTimeout = headersMs;
  server.keepAliveTimeout = 15_000;
  server.setTimeout(silenceMs);
  return server;
}
