import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A server that answers as the Hugging Face hub does: HEAD and GET on /<owner>/<name>/resolve/<revision>/<path>, large
 * files behind a redirect to a second server (the CDN) with x-linked-etag (their sha256), small ones answered in place
 * with git's sha1 as etag; 401 for what is private, 403 with x-error-code GatedRepo for what is gated, 404 with a code
 * for what is not there; ranges. It can cut connections, stall, and serve wrong bytes, to see what a client makes of it.
 */
export interface FakeFile {
  readonly bytes: Buffer;
  readonly lfs?: boolean;
}

export interface HubRequest {
  readonly where: 'hub' | 'cdn';
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly range: string | undefined;
}

export interface FakeHub extends AsyncDisposable {
  readonly endpoint: string;
  readonly commit: string;
  readonly files: Map<string, FakeFile>;
  readonly requests: HubRequest[];
  /** How the CDN misbehaves: end the connection after this many bytes, as often as `cuts` says. */
  trouble: {
    cutAfter?: number;
    cuts?: number;
    wrongBytes?: boolean;
    ignoreRange?: boolean;
    stall?: boolean;
    busy?: number;
  };
  /** Repositories that want a token, and the token that opens them. */
  gate: { repo: string; token: string; kind: 'gated' | 'private' } | undefined;
  /** Old repository names and what they are called now. */
  readonly renamed: Map<string, string>;
}

export async function startFakeHub(): Promise<FakeHub> {
  const requests: HubRequest[] = [];
  const files = new Map<string, FakeFile>();
  const renamed = new Map<string, string>();
  const commit = `${'c0ffee'.repeat(6)}c0de`; // what main stands for; any other commit is there as well
  const hub = { trouble: {}, gate: undefined } as Pick<FakeHub, 'trouble' | 'gate'>;

  const cdn = createServer((request, response) => {
    note('cdn', request);
    const file = files.get(
      decodeURIComponent(request.url ?? '')
        .replace(/^\/blob\//, '')
        .replace(/\?.*/, ''),
    );
    if (file === undefined) return void response.writeHead(404).end();
    send(request, response, file, hub.trouble);
  });
  const front = createServer((request, response) => {
    note('hub', request);
    const match = /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(decodeURIComponent(request.url ?? ''));
    if (match === null) return void response.writeHead(404).end();
    const [, repo, revision, path] = match;
    const moved = renamed.get(repo);
    if (moved !== undefined) {
      return void response.writeHead(307, { location: `/${moved}/resolve/${revision}/${path}` }).end();
    }
    if ((hub.trouble.busy ?? 0) > 0) {
      hub.trouble.busy = (hub.trouble.busy ?? 0) - 1;
      return void response.writeHead(503).end();
    }
    if (hub.gate?.repo === repo && request.headers.authorization !== `Bearer ${hub.gate.token}`) {
      if (hub.gate.kind === 'private') return void response.writeHead(401, { 'x-error-code': 'RepoNotFound' }).end();
      return void response.writeHead(403, { 'x-error-code': 'GatedRepo' }).end();
    }
    const file = files.get(`${repo}/${path}`);
    const known = [...files.keys()].some((name) => name.startsWith(`${repo}/`));
    if (!known) return void response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end();
    if (revision !== 'main' && !/^[0-9a-f]{40}$/.test(revision)) {
      return void response.writeHead(404, { 'x-error-code': 'RevisionNotFound' }).end();
    }
    if (file === undefined) return void response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end();
    if (file.lfs === false) {
      const git = createHash('sha1').update(`blob ${file.bytes.length}\0`).update(file.bytes).digest('hex');
      response.setHeader('x-repo-commit', revision === 'main' ? commit : revision);
      response.setHeader('etag', `"${git}"`);
      return void send(request, response, file, {});
    }
    const { port } = cdn.address() as AddressInfo;
    response
      .writeHead(302, {
        'x-repo-commit': revision === 'main' ? commit : revision,
        'x-linked-etag': `"${createHash('sha256').update(file.bytes).digest('hex')}"`,
        'x-linked-size': String(file.bytes.length),
        location: `http://127.0.0.1:${port}/blob/${encodeURIComponent(`${repo}/${path}`)}?X-Amz-Signature=abc`,
      })
      .end();
  });

  function note(where: HubRequest['where'], { method = '', url = '', headers }: IncomingMessage): void {
    requests.push({ where, method, path: url, authorization: headers.authorization, range: headers.range });
  }

  await Promise.all([listen(cdn), listen(front)]);
  const { port } = front.address() as AddressInfo;
  return Object.assign(hub, {
    endpoint: `http://127.0.0.1:${port}`,
    commit,
    files,
    requests,
    renamed,
    async [Symbol.asyncDispose]() {
      for (const server of [cdn, front]) {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
    },
  });
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { bytes }: FakeFile,
  trouble: FakeHub['trouble'],
): void {
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const start = range === null || trouble.ignoreRange ? 0 : Number(range[1]);
  if (start >= bytes.length && start > 0) return void response.writeHead(416).end();
  response.writeHead(start > 0 ? 206 : 200, {
    'content-length': bytes.length - start,
    ...(start > 0 ? { 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` } : {}),
  });
  if (request.method === 'HEAD') return void response.end();
  if (trouble.stall) {
    response.write(bytes.subarray(start, start + 10));
    return; // and then nothing
  }
  if (trouble.cutAfter !== undefined && (trouble.cuts ?? Number.POSITIVE_INFINITY) > 0) {
    trouble.cuts = (trouble.cuts ?? Number.POSITIVE_INFINITY) - 1;
    response.write(bytes.subarray(start, start + trouble.cutAfter), () => setTimeout(() => response.destroy(), 20));
    return;
  }
  response.end(trouble.wrongBytes ? randomBytes(bytes.length - start) : bytes.subarray(start));
}

function listen(server: Server): Promise<void> {
  return new Promise((ready) => server.listen(0, '127.0.0.1', ready));
}
