import { FormatError } from '../core/errors.ts';
import type { ReadOptions } from './lines.ts';

/**
 * Rows of separated values (RFC 4180): fields in quotes may hold separators, line breaks and doubled quotes. Blank
 * rows are left out. One pass over the text.
 */
export interface Row {
  readonly fields: readonly string[];
  /** Where the row starts, counted from 1. */
  readonly line: number;
  /** Whether a comma in a number is its decimal mark, because it doesn't part the fields. */
  readonly comma: boolean;
}

/** The rows, parted by whatever parts the first one: tab, semicolon or comma. */
export function parseRows(text: string, { file, onBadLine }: ReadOptions = {}): Row[] {
  const start = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const separator = separatorOf(text, start);
  const comma = separator !== ',';
  const plain = new RegExp(`[^${separator}\r\n]*`, 'y');
  const rows: Row[] = [];
  let fields: string[] = [];
  let line = 1;
  let rowLine = 1;
  let i = start;
  while (i < text.length) {
    if (text[i] === '"') {
      const opened = line;
      let field = '';
      for (;;) {
        const close = text.indexOf('"', i + 1);
        if (close < 0) {
          const error = new FormatError('got a quote that is never closed', { file, line: opened });
          if (!onBadLine) throw error;
          onBadLine(error);
          return rows;
        }
        const part = text.slice(i + 1, close);
        line += countBreaks(part);
        field += part;
        i = close + 1;
        if (text[i] !== '"') break;
        field += '"';
      }
      plain.lastIndex = i;
      fields.push(field + plain.exec(text)![0].trimEnd());
    } else {
      plain.lastIndex = i;
      fields.push(plain.exec(text)![0]);
    }
    i = plain.lastIndex;
    if (text[i] === separator) {
      i++;
      // A separator at the very end still opens a field.
      if (i === text.length || text[i] === '\n' || text[i] === '\r') fields.push('');
      if (i < text.length && text[i] !== '\n' && text[i] !== '\r') continue;
    }
    if (fields.some((field) => field.trim() !== '')) rows.push({ fields, line: rowLine, comma });
    fields = [];
    if (text[i] === '\r' && text[i + 1] === '\n') i++;
    i++;
    rowLine = ++line;
  }
  return rows;
}

/** One row with its line break; quotes where they are needed. */
export function writeRow(fields: readonly string[], separator: string): string {
  const cells = fields.map((field) => (/["\r\n\t,;]|^\s|\s$/.test(field) ? `"${field.replaceAll('"', '""')}"` : field));
  return `${cells.join(separator)}\n`;
}

/** What parts the first line that isn't blank: the most frequent of tab, semicolon, comma outside quotes. */
function separatorOf(text: string, start: number): string {
  const first = /[^\r\n]*\S[^\r\n]*/y;
  first.lastIndex = start + (/^\s*/.exec(text.slice(start, start + 1000))?.[0].length ?? 0);
  const line = (first.exec(text)?.[0] ?? '').replace(/"[^"]*"/g, '');
  const count = (mark: string) => line.split(mark).length;
  return ['\t', ';', ','].reduce((best, mark) => (count(mark) > count(best) ? mark : best));
}

function countBreaks(text: string): number {
  return text.match(/\r\n|\n|\r/g)?.length ?? 0;
}
