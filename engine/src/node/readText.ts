import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { FormatError } from '../core/errors.ts';

/**
 * Text files of unknown encoding. In this order: what a byte order mark says; UTF-16 without a mark, as zero bytes
 * betray it (Praat writes UTF-16); UTF-8 if all of it is; else Windows-1252, which is Latin-1 with the curly quotes.
 */
export function decodeText(bytes: Uint8Array): string {
  const encoding = markedEncoding(bytes) ?? guessedUtf16(bytes);
  if (encoding) return new TextDecoder(encoding).decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return new TextDecoder('windows-1252').decode(bytes);
  }
}

/** The text of a file; `-` is standard input. A recording in its place is refused: its bytes are no line to quote. */
export async function readText(file: string): Promise<string> {
  let text: string;
  try {
    text = decodeText(file === '-' ? await buffer(process.stdin) : await readFile(file));
  } catch (error) {
    throw new FormatError(reasonOf(error), { file }, { cause: error });
  }
  if (text.includes('\0'))
    throw new FormatError('is no text: of a recording, find its turns first with diarist diarize', { file });
  return text;
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'is a folder when a file was expected',
  EACCES: 'may not be read: permission denied',
  ERR_FS_FILE_TOO_LARGE: 'is too large for a text file (2 GiB)',
  ERR_STRING_TOO_LONG: 'is too large for a text file (512 MiB)',
};

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return REASONS[code ?? ''] ?? `can't be read: ${message}`;
}

function markedEncoding([a, b, c]: Uint8Array): string | undefined {
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  return undefined;
}

/** Text of these formats is mostly ASCII, so in UTF-16 almost every other byte of the beginning is zero. */
function guessedUtf16(bytes: Uint8Array): string | undefined {
  const end = Math.min(bytes.length, 1000) & ~1;
  if (end < 4 || bytes.length % 2 !== 0) return undefined;
  let even = 0;
  let odd = 0;
  for (let i = 0; i < end; i += 2) {
    if (bytes[i] === 0) even++;
    if (bytes[i + 1] === 0) odd++;
  }
  if (odd > end / 4 && even * 4 < odd) return 'utf-16le';
  if (even > end / 4 && odd * 4 < even) return 'utf-16be';
  return undefined;
}
