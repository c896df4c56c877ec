import { FormatError } from '../core/errors.ts';
import type { Seconds } from '../core/segment.ts';
import { fileStem } from './stem.ts';

/**
 * Text files as they occur, line by line: any line ending (LF, CRLF, CR), a byte order mark, blanks around, no last
 * newline. The reader of a format says what a line means; here is where it is, so that every complaint names its place.
 */

/** What every `parseX` takes. */
export interface ReadOptions {
  /** The file's name, for messages. */
  readonly file?: string;
  /** The recording's name, in formats that don't hold one. Otherwise it is the file's name without folder and ending. */
  readonly uri?: string;
  /** The tiers to read, of TextGrid and ELAN files; otherwise all that can be turns. */
  readonly tiers?: readonly string[];
  /** Given, a line that is not of the format is reported here and left out; otherwise it is thrown. */
  readonly onBadLine?: (error: FormatError) => void;
}

/** A place in a file, for messages. */
export interface Place {
  readonly file: string | undefined;
  readonly line: number | undefined;
}

/** Calls `read` for each line that is not blank, without the blanks around it. */
export function forEachLine(
  text: string,
  { file, onBadLine }: ReadOptions,
  read: (line: string, at: Place) => void,
): void {
  const lines = splitLines(text);
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i].trim();
    if (line === '') continue;
    tolerate(onBadLine, () => read(line, { file, line: i + 1 }));
  }
}

/** The lines of a text, without their endings and the byte order mark. */
export function splitLines(text: string): string[] {
  return withoutMark(text).split(/\r\n|\n|\r/);
}

/** Runs `read`; what it complains about goes to `onBadLine` when there is one. */
export function tolerate(onBadLine: ReadOptions['onBadLine'], read: () => void): void {
  try {
    read();
  } catch (error) {
    if (!onBadLine || !(error instanceof FormatError)) throw error;
    onBadLine(error);
  }
}

/** What a recording is called when its file doesn't say. */
export function recordingName({ file, uri }: ReadOptions): string | undefined {
  const name = uri ?? (file === undefined ? undefined : fileStem(file));
  return name === '' || name === '-' ? undefined : name;
}

/** NIST's comments start with `;;`; a single semicolon occurs too. */
export function isComment(line: string): boolean {
  return line.startsWith(';');
}

/** Fields between ASCII blanks; between tabs alone when they make enough fields, so that names may hold blanks. */
export function splitFields(line: string, leastByTab: number): string[] {
  if (line.includes('\t')) {
    const fields = line.split('\t').map((field) => field.trim());
    if (fields.length >= leastByTab) return fields;
  }
  return line.split(/[ \t]+/);
}

/** Each digit can be matched in one way only, so that a long row of them is refused at once. */
const DECIMAL = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/;

export function isNumber(field: string): boolean {
  return DECIMAL.test(field) && Number.isFinite(Number(field));
}

/** A time or length in seconds. `what` names it in the complaint. */
export function parseSeconds(field: string | undefined, what: string, at: Place): Seconds {
  if (field !== undefined && isNumber(field)) return Number(field);
  throw new FormatError(`got ${quote(field)} for the ${what} when a number of seconds such as 12.34 was expected`, at);
}

/** A field for a message: quoted, and cut when it is long. */
export function quote(field: string | undefined): string {
  if (field === undefined) return 'nothing';
  return `"${field.length > 60 ? `${field.slice(0, 57)}…` : field}"`;
}

function withoutMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
