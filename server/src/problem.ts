/**
 * Every answer that is not a success (docs/api.md, Errors). Handlers throw a Problem; the app turns it into a body
 * with the request id, the status and an HTTP reason phrase (pyannoteAI's client shows nothing but that phrase).
 */
export type ProblemStatus = 400 | 401 | 403 | 404 | 405 | 408 | 409 | 413 | 416 | 429 | 500 | 501 | 503;

export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/** An answer with a 4xx or 5xx status. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly status: ProblemStatus;
  readonly code: string;
  readonly errors: readonly FieldError[] | undefined;
  readonly retryAfter: number | undefined;
  constructor(
    status: ProblemStatus,
    code: string,
    message: string,
    { errors, retryAfter, cause }: { errors?: readonly FieldError[]; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.status = status;
    this.code = code;
    this.errors = errors;
    this.retryAfter = retryAfter;
  }
}

/** 400 with one line a wrong field. */
export function invalid(...errors: readonly FieldError[]): Problem {
  return new Problem(400, 'invalid_request', 'Invalid request', { errors });
}

/** 404, also for what belongs to another tenant. */
export function notFound(what: string): Problem {
  return new Problem(404, 'not_found', `${what} not found`);
}

/** The JSON body of a problem. */
export function problemBody(problem: Problem, requestId: string): Record<string, unknown> {
  const body = { requestId, request_id: requestId, message: problem.message, code: problem.code };
  return problem.errors ? { ...body, errors: problem.errors } : body;
}

/** What is wrong with the first field that is wrong, or the message where no field is. */
export function firstMistake({ errors, message }: Problem): string {
  const first = errors?.[0];
  return first ? `${first.field} ${first.message}`.trim() : message;
}

/** The HTTP reason phrase: the first mistake, ASCII, at most 120 characters. */
export function reasonPhrase(problem: Problem): string {
  return firstMistake(problem)
    .replace(/[^\x20-\x7e]+/g, '?')
    .slice(0, 120)
    .trim();
}
