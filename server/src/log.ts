/**
 * One JSON object a line on stderr. What could hold a secret is never printed: values under the names below are
 * replaced, wherever they stand, and so is anything that looks like one of our keys or signed tokens.
 */
export type Level = 'debug' | 'info' | 'warn' | 'error' | 'silent';
export type Fields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: Fields): void;
  info(message: string, fields?: Fields): void;
  warn(message: string, fields?: Fields): void;
  error(message: string, fields?: Fields): void;
  /** The same log with fields that go on every line. */
  with(fields: Fields): Log;
}

const ORDER: readonly Level[] = ['debug', 'info', 'warn', 'error', 'silent'];
const SECRET_NAMES = /^(authorization|x-gladia-key|secret|password|token|api_?key|voiceprint|cookie)$/i;
const SECRET_TEXT =
  /\b(dk_[A-Za-z0-9_-]{6,}|whs_[0-9a-f]{6,}|vpr1\.[A-Za-z0-9_-]+|Bearer\s+\S+)|(\/v1\/media\/blob\/)[^\s"?]+/g;

/** Makes a log that writes lines through `write`. */
export function createLog(level: Level, write: (line: string) => void, base: Fields = {}): Log {
  const least = ORDER.indexOf(level);
  const at =
    (name: Level) =>
    (message: string, fields: Fields = {}) => {
      if (ORDER.indexOf(name) < least) return;
      const line = { time: new Date().toISOString(), level: name, message, ...base, ...fields };
      write(JSON.stringify(line, redact).replace(SECRET_TEXT, (_all, _key, path) => `${path ?? ''}[redacted]`) + '\n');
    };
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => createLog(level, write, { ...base, ...fields }),
  };
}

function redact(name: string, value: unknown): unknown {
  if (SECRET_NAMES.test(name) && value !== undefined && value !== null) return '[redacted]';
  if (value instanceof Error)
    return { name: value.name, message: value.message, stack: value.stack, cause: value.cause };
  return value;
}

/** A log that says nothing, for tests. */
export const silentLog: Log = createLog('silent', () => {});
