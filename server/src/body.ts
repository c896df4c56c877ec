import { invalid, Problem } from './problem.ts';

/** How long a client may take over the body of a JSON request. */
const BODY_SECONDS = 60;

/** Reads a whole body, giving up at once when it is, or says it will be, larger than `maxBytes`. */
export async function readBody(
  request: Request,
  maxBytes: number,
  { seconds = BODY_SECONDS }: { readonly seconds?: number } = {},
): Promise<Buffer> {
  const tooLarge = () =>
    new Problem(413, 'too_large', `The body is larger than ${maxBytes} bytes, the most that is taken here`);
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge();
  if (!request.body) return Buffer.alloc(0);
  const reader = request.body.getReader();
  let isLate = false;
  const late = setTimeout(() => {
    isLate = true;
    reader.cancel(new Error('late')).catch(() => {});
  }, seconds * 1000);
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.byteLength;
      if (size > maxBytes) throw tooLarge();
      parts.push(value);
    }
  } catch (error) {
    if (error instanceof Problem) throw error;
    if (!isLate) throw new Problem(400, 'body_cut', 'The body ended before it was complete', { cause: error });
  } finally {
    clearTimeout(late);
    reader.releaseLock();
  }
  if (isLate) throw new Problem(408, 'body_late', `The body took longer than ${seconds} seconds`);
  return Buffer.concat(parts);
}

/** Reads a body as JSON, whatever Content-Type it names. An empty one is undefined. */
export async function readJson(request: Request, maxBytes: number): Promise<unknown> {
  const bytes = await readBody(request, maxBytes);
  if (bytes.length === 0) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw invalid({ field: 'body', message: 'must be JSON in UTF-8' });
  }
  if (isDeeper(value, MOST_DEPTH))
    throw invalid({ field: 'body', message: `must be nested ${MOST_DEPTH} deep at most` });
  return value;
}

/** What is nested much deeper is no request: it is made to overflow the stack of whoever walks through it, Postgres too. */
const MOST_DEPTH = 100;

function isDeeper(value: unknown, left: number): boolean {
  if (value === null || typeof value !== 'object') return false;
  return left === 0 || Object.values(value).some((part) => isDeeper(part, left - 1));
}
