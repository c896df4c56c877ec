import type { IncomingMessage } from 'node:http';
import { ModelError } from '../../core/errors.ts';
import type { HubSource } from '../../model/manifest.ts';
import { webRequest } from '../webGet.ts';
import type { ModelEnvironment } from './environment.ts';

/**
 * The hub over HTTP: `<endpoint>/<owner>/<name>/resolve/<revision>/<path>`. A HEAD tells the commit and the identity of
 * a file; large files answer with a redirect to another host. Redirects are followed by hand, because the token must go
 * to the hub and nowhere else. Own code rather than @huggingface/hub, which checks no hash, resumes nothing and writes
 * no refs (docs/adr/0003-model-files.md).
 */
export interface FileFacts {
  readonly commit: string;
  /** The name of the blob: for large files their sha256, for others git's sha1 of the blob. */
  readonly etag: string;
  readonly size: number | undefined;
}

export type HubAccess = Pick<ModelEnvironment, 'endpoint' | 'token'>;

function fileUrl({ endpoint }: HubAccess, { repo, revision, path }: HubSource): URL {
  const part = (text: string) => text.split('/').map(encodeURIComponent).join('/');
  return new URL(`${endpoint}/${part(repo)}/resolve/${encodeURIComponent(revision)}/${part(path)}`);
}

/** What the hub says about a file: a HEAD, following redirects only within the hub (a renamed repository). */
export async function headFile(access: HubAccess, source: HubSource, signal?: AbortSignal): Promise<FileFacts> {
  const response = await request(access, source, fileUrl(access, source), { method: 'HEAD', signal, within: true });
  response.destroy();
  const header = (name: string) => headerOf(response, name);
  const commit = header('x-repo-commit');
  const etag = (header('x-linked-etag') ?? header('etag'))?.replace(/^W\//, '').replaceAll('"', '');
  if (commit === undefined || etag === undefined || !/^[\w.-]+$/.test(etag) || !/^[\w.-]+$/.test(commit)) {
    throw new ModelError(
      'hub_unreachable',
      `${access.endpoint} does not answer as the Hugging Face hub does (no x-repo-commit or etag); check HF_ENDPOINT.`,
    );
  }
  const size = Number(header('x-linked-size') ?? (isOk(response) ? header('content-length') : undefined));
  return { commit, etag, size: Number.isFinite(size) ? size : undefined };
}

/** The bytes of a file from `start` on. Answers 206 with the rest, or 200 with everything. */
export async function openFile(
  access: HubAccess,
  source: HubSource,
  start: number,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  return request(access, source, fileUrl(access, source), { method: 'GET', start, signal });
}

interface RequestOptions {
  readonly method: 'HEAD' | 'GET';
  readonly start?: number;
  readonly signal?: AbortSignal;
  /** Stop at a redirect that leads to the bytes, away from the hub, and return it: it carries the facts. */
  readonly within?: boolean;
}

async function request(
  access: HubAccess,
  source: HubSource,
  first: URL,
  { method, start = 0, signal, within = false }: RequestOptions,
): Promise<IncomingMessage> {
  const hub = new URL(access.endpoint).origin;
  let url = first;
  for (let hops = 0; hops < 10; hops++) {
    const headers: Record<string, string> = {};
    if (access.token !== undefined && url.origin === hub) headers.authorization = `Bearer ${access.token}`;
    if (start > 0) headers.range = `bytes=${start}-`;
    const response = await webRequest(url, { method, headers, signal }).catch((cause) => {
      signal?.throwIfAborted();
      throw new Error(`${url.host} could not be reached`, { cause }); // an EACCES of the network is none of the disk
    });
    const { statusCode: status = 0 } = response;
    const { location } = response.headers;
    if (status < 300 || status >= 400 || location === undefined) {
      if (isOk(response) || status === 416) return response;
      response.destroy();
      throw refusal(access, source, response, url);
    }
    const next = new URL(location, url);
    if (within && (next.origin !== hub || headerOf(response, 'x-linked-etag') !== undefined)) return response;
    response.destroy();
    url = next;
  }
  throw new ModelError('hub_unreachable', `${first.host} redirects in circles.`);
}

function isOk({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode < 300;
}

function headerOf({ headers }: IncomingMessage, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** Worth another try: the server is busy or broken, not unwilling. */
export class HubBusy extends Error {
  readonly status: number;
  constructor(status: number, host: string) {
    super(`${host} answered ${status}`);
    this.status = status;
  }
}

function refusal(
  { endpoint, token }: HubAccess,
  { repo, revision, path }: HubSource,
  response: IncomingMessage,
  { host }: URL,
): Error {
  const { statusCode: status = 0 } = response;
  const page = `${endpoint}/${repo}`;
  const code = headerOf(response, 'x-error-code');
  if (status === 401 || status === 403) {
    const doing = token === undefined ? 'set HF_TOKEN to your access token' : 'check that HF_TOKEN is yours and valid';
    const gated = code === 'GatedRepo' || status === 403;
    const reason = gated ? 'asks its users to accept its terms' : 'is private, gated or does not exist';
    const first = gated ? `open ${page}, accept them, and ` : '';
    return new ModelError('model_gated', `The repository ${repo} ${reason} (${status}): ${first}${doing}.`);
  }
  if (status === 404) {
    const what =
      code === 'RepoNotFound'
        ? `no repository ${repo}`
        : code === 'RevisionNotFound'
          ? `no revision ${revision} of ${repo}`
          : `no file ${path} in ${repo} at ${revision}`;
    return new ModelError('model_missing', `${endpoint} has ${what} (404).`);
  }
  if (status === 429 || status >= 500) return new HubBusy(status, host);
  return new ModelError('hub_unreachable', `${endpoint} refuses ${path} of ${repo} (${status}).`);
}
