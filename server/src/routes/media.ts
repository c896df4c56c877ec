import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { z } from '@hono/zod-openapi';
import { MediaRequest, MediaResponse, mediaKey } from '../contract/media.ts';
import type { Deps } from '../deps.ts';
import { TooLarge } from '../media/blobs.ts';
import { parseRange } from '../media/range.ts';
import type { Grant } from '../media/signer.ts';
import { type Api, type AppContext, operation, publicUrl } from '../operation.ts';
import { invalid, notFound, Problem } from '../problem.ts';
import { getMedia, putMedia } from '../store/media.ts';

const GRANT_SECONDS = 3600;
const binary = z.string().openapi({ format: 'binary' });

/** Media: a name (`media://…`), a signed URL to put its bytes to, a signed URL to get them from. */
export function mediaRoutes(api: Api, deps: Deps): void {
  const answers = {
    201: { description: 'signed URL', schema: MediaResponse },
    400: 'Invalid',
    401: 'Unauthorized',
    403: 'Forbidden',
    429: 'TooMany',
  } as const;
  const grant = (c: AppContext, tenant: string, url: string, method: Grant['method']) => {
    const expires = Math.floor(Date.now() / 1000) + GRANT_SECONDS;
    const token = deps.signer.sign({ tenant, key: mediaKey(url)!, method, expires });
    return c.json({ url: `${publicUrl(c, deps)}/v1/media/blob/${token}` }, 201);
  };
  const grantOf = (token: string, method: Grant['method']): Grant => {
    const given = deps.signer.verify(token);
    if (!given || given.method !== method)
      throw new Problem(403, 'bad_signature', 'The signed URL is not valid, or has expired');
    return given;
  };

  operation(
    api,
    deps,
    {
      method: 'post',
      path: '/v1/media/input',
      operationId: 'createUploadUrl',
      tag: 'Media',
      summary: 'Name a media:// object and get a URL to PUT its bytes to',
      dialect: 'pyannoteai',
      scopes: ['media:write'],
      rate: 'submit',
      body: MediaRequest,
      answers,
    },
    ({ c, caller, body }) => grant(c, caller.tenant, body.url, 'PUT'),
  );

  operation(
    api,
    deps,
    {
      method: 'post',
      path: '/v1/media/output',
      operationId: 'createDownloadUrl',
      tag: 'Media',
      summary: 'Get a URL to GET the bytes of a media:// object',
      dialect: 'pyannoteai',
      scopes: ['media:read'],
      rate: 'submit',
      body: MediaRequest,
      answers,
    },
    ({ c, caller, body }) => grant(c, caller.tenant, body.url, 'GET'),
  );

  const params = z.object({ token: z.string().max(4000) });
  operation(
    api,
    deps,
    {
      method: 'put',
      path: '/v1/media/blob/{token}',
      operationId: 'putBlob',
      tag: 'Media',
      summary: 'Target of the signed upload URL',
      dialect: 'native',
      open: true,
      params,
      rawBody: { '*/*': binary },
      answers: { 200: { description: 'stored' }, 400: 'Invalid', 403: 'Forbidden', 413: 'TooLarge' },
    },
    async ({ c, params: { token } }) => {
      const { tenant, key } = grantOf(token, 'PUT');
      if (isPart(c.req.header('content-range')))
        throw invalid({ field: 'Content-Range', message: 'names a part of the file: send it whole' });
      const { size } = await storeUpload(deps, c.req.raw, { tenant, key });
      return c.json({ size }, 200);
    },
  );

  operation(
    api,
    deps,
    {
      method: 'get',
      path: '/v1/media/blob/{token}',
      operationId: 'getBlob',
      tag: 'Media',
      summary: 'Target of the signed download URL (Range is honoured)',
      dialect: 'native',
      open: true,
      params,
      answers: {
        200: { description: 'bytes', schema: binary, type: 'application/octet-stream' },
        206: { description: 'part of the bytes', schema: binary, type: 'application/octet-stream' },
        403: 'Forbidden',
        404: 'NotFound',
      },
    },
    async ({ c, params: { token } }) => {
      const { tenant, key } = grantOf(token, 'GET');
      return sendMedia(deps, c, { tenant, key });
    },
  );
}

/**
 * Whether an upload says that it is a part of the file, as when a client resumes one (RFC 9110, 14.5): taken for the whole
 * it would replace what is there.
 */
function isPart(contentRange: string | undefined): boolean {
  if (contentRange === undefined) return false;
  const [, last, size] = /^bytes 0-(\d+)\/(\d+)$/i.exec(contentRange.trim()) ?? [];
  return size === undefined || Number(last) + 1 !== Number(size);
}

/** Stores a request's body as a new blob, then points the name at it. A body that breaks off leaves the old one. */
async function storeUpload(
  deps: Deps,
  request: Request,
  { tenant, key }: { tenant: string; key: string },
): Promise<{ size: number }> {
  const { mediaBytes } = deps.config.limits;
  const tooLarge = () => new Problem(413, 'too_large', `The file is larger than ${mediaBytes} bytes`);
  const announced = request.headers.get('content-length');
  if (Number(announced ?? 0) > mediaBytes) throw tooLarge();
  const blob = randomUUID();
  const bytes = request.body ? Readable.fromWeb(request.body as never) : Readable.from([]);
  let size: number;
  try {
    ({ size } = await deps.blobs.write(blob, bytes, mediaBytes));
  } catch (error) {
    if (error instanceof TooLarge) throw tooLarge();
    const disk = storeProblem(error);
    // Ours first: whatever goes wrong here breaks off the upload, too.
    if (disk instanceof Problem || !(request.signal.aborted || bytes.errored)) throw disk;
    throw new Problem(400, 'body_cut', 'The upload ended before it was complete', { cause: error });
  }
  if (announced !== null && Number(announced) !== size) {
    await deps.blobs.remove(blob);
    throw new Problem(400, 'body_cut', `The upload has ${size} bytes when Content-Length says ${announced}`);
  }
  await nameBlob(deps, { tenant, key, blob, size });
  return { size };
}

/** Points a name at a blob. Bytes that got no name, as the store was away, nobody would ever find and remove. */
export async function nameBlob(deps: Deps, media: Parameters<typeof putMedia>[1]): Promise<void> {
  try {
    await putMedia(deps.db, media, deps.config.retention.mediaHours);
  } catch (error) {
    await deps.blobs.remove(media.blob).catch(() => {});
    throw error;
  }
}

/** A full disk is 503, so that clients come back; anything else is what it is. */
export function storeProblem(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new Problem(503, 'disk_full', 'The server has no room for this file', { retryAfter: 60, cause: error });
}

/** Sends the bytes of a media object, or the part that a Range header asks for. */
export async function sendMedia(
  deps: Deps,
  c: AppContext,
  { tenant, key }: { tenant: string; key: string },
): Promise<Response> {
  const media = await getMedia(deps.db, tenant, key);
  if (!media) throw notFound('Media');
  const size = Number(media.size);
  const range = parseRange(c.req.header('range'), size);
  const common = { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes' };
  if (range === 'unsatisfiable') {
    c.header('content-range', `bytes */${size}`);
    throw new Problem(416, 'bad_range', `The range is outside the ${size} bytes of the file`);
  }
  // Bytes that nobody reads would keep their file open for ever.
  const bytes = size === 0 || c.req.method === 'HEAD' ? Readable.from([]) : await deps.blobs.read(media.blob, range);
  if (!bytes) throw notFound('Media');
  const body = Readable.toWeb(bytes) as unknown as ReadableStream;
  if (!range) return c.body(body, 200, { ...common, 'content-length': String(size) });
  return c.body(body, 206, {
    ...common,
    'content-length': String(range.end - range.start + 1),
    'content-range': `bytes ${range.start}-${range.end}/${size}`,
  });
}
