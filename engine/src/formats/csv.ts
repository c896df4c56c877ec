import { FormatError } from '../core/errors.ts';
import { fixed3 } from './fixed.ts';
import { isNumber, type Place, parseSeconds, quote, type ReadOptions, recordingName, tolerate } from './lines.ts';
import { parseRows, type Row, writeRow } from './rows.ts';
import { Gathering, inOrder, several, type TextAnnotation, type TextTurn } from './turns.ts';

/**
 * Tables of turns, CSV (RFC 4180) and TSV. Columns are found by their names in the first row, many of which are
 * understood; without such a row they are start, end, speaker and text. What spreadsheets make of CSV is read too:
 * semicolons or tabs between fields, and a decimal comma then.
 */

type Column = 'file' | 'start' | 'end' | 'duration' | 'speaker' | 'confidence' | 'text';

/** The plainest name first: of two columns that could be the speaker, `speaker` is one and `label` something else. */
const NAMES: Readonly<Record<Column, readonly string[]>> = {
  file: [
    'file',
    'uri',
    'filename',
    'file_name',
    'file_id',
    'recording',
    'recording_id',
    'reco_id',
    'audio',
    'video_id',
  ],
  start: [
    'start',
    'start_time',
    'starttime',
    'start_s',
    'begin',
    'begin_time',
    'onset',
    'from',
    'tmin',
    'xmin',
    'tbeg',
  ],
  end: ['end', 'end_time', 'endtime', 'end_s', 'stop', 'stop_time', 'offset', 'to', 'tmax', 'xmax', 'tend'],
  duration: ['duration', 'dur', 'length', 'tdur', 'duration_s'],
  speaker: ['speaker', 'speaker_id', 'spk', 'spk_id', 'spkr', 'label', 'name', 'who'],
  confidence: ['confidence', 'conf', 'score', 'probability'],
  text: ['text', 'transcript', 'transcription', 'words', 'utterance', 'content'],
};

/** The recordings of a CSV or TSV file, in the order in which they come. */
export function parseCsv(text: string, options: ReadOptions = {}): TextAnnotation[] {
  const rows = parseRows(text, options);
  const gathering = new Gathering();
  const uri = recordingName(options);
  if (rows.length === 0) return [];
  const columns = columnsOf(rows[0].fields);
  const data = columns ? rows.slice(1) : rows;
  const at = { file: options.file, line: rows[0].line };
  const index = checkedColumns(columns ?? headless(rows[0].fields), rows[0].fields, at);
  if (index.file === undefined) gathering.open(uri);
  for (const row of data) {
    tolerate(options.onBadLine, () => readRow(row, index, uri, { file: options.file, line: row.line }, gathering));
  }
  return gathering.annotations();
}

/** One recording or several as CSV. Columns for file, confidence and text are there when some turn has them. */
export function writeCsv(annotations: TextAnnotation | readonly TextAnnotation[]): string {
  return writeTable(several(annotations), ',');
}

/** The same between tabs. */
export function writeTsv(annotations: TextAnnotation | readonly TextAnnotation[]): string {
  return writeTable(several(annotations), '\t');
}

function writeTable(annotations: readonly TextAnnotation[], separator: ',' | '\t'): string {
  const some = (holds: (turn: TextTurn) => boolean) => annotations.some(({ turns }) => turns.some(holds));
  const columns: Column[] = ['start', 'end', 'speaker'];
  if (annotations.some(({ uri }) => uri !== undefined)) columns.unshift('file');
  if (some((turn) => turn.confidence !== undefined)) columns.push('confidence');
  if (some((turn) => turn.text !== undefined)) columns.push('text');
  const lines = [writeRow(columns, separator)];
  for (const { uri = '', turns } of annotations) {
    for (const turn of inOrder(turns)) {
      const cells: Readonly<Record<Column, string>> = {
        file: uri,
        start: fixed3(turn.start),
        end: fixed3(turn.end),
        duration: '',
        speaker: turn.speaker,
        confidence: turn.confidence === undefined ? '' : String(turn.confidence),
        text: turn.text ?? '',
      };
      lines.push(
        writeRow(
          columns.map((column) => cells[column]),
          separator,
        ),
      );
    }
  }
  return lines.join('');
}

type Columns = Partial<Record<Column, number>>;

/** Which column is what, by the names in the first row; undefined if these are no names. */
function columnsOf(header: readonly string[]): Columns | undefined {
  if (header.some((cell) => isNumber(cell.trim().replace(',', '.')))) return undefined;
  const names = header.map((cell) =>
    cell
      .trim()
      .toLowerCase()
      .replace(/[\s-]+/g, '_'),
  );
  const columns: Columns = {};
  for (const column of Object.keys(NAMES) as Column[]) {
    const name = NAMES[column].find((one) => names.includes(one));
    if (name !== undefined) columns[column] = names.indexOf(name);
  }
  return columns.start === undefined && columns.speaker === undefined ? undefined : columns;
}

/** Without names: start, end, speaker, text. */
function headless(fields: readonly string[]): Columns {
  const timed = isNumber(fields[0].replace(',', '.'));
  return timed ? { start: 0, end: 1, speaker: 2, ...(fields.length > 3 ? { text: 3 } : {}) } : {};
}

function checkedColumns(
  columns: Columns,
  header: readonly string[],
  at: Place,
): Columns & { start: number; speaker: number } {
  const { start, speaker } = columns;
  if (start === undefined || speaker === undefined || (columns.end ?? columns.duration) === undefined) {
    throw new FormatError(
      `got the columns ${quote(header.join(', '))} when start, end (or duration) and speaker were expected`,
      at,
    );
  }
  return { ...columns, start, speaker };
}

function readRow(
  { fields, comma }: Row,
  index: Columns & { start: number; speaker: number },
  uri: string | undefined,
  at: Place,
  gathering: Gathering,
): void {
  const cell = (column: Column) => (index[column] === undefined ? undefined : fields[index[column]]?.trim());
  const seconds = (column: Column) => {
    const field = cell(column);
    return parseSeconds(comma ? field?.replace(',', '.') : field, column, at);
  };
  const start = seconds('start');
  const end = index.end === undefined ? start + seconds('duration') : seconds('end');
  const speaker = cell('speaker');
  if (!speaker) throw new FormatError('got no speaker', at);
  const confidence = cell('confidence');
  const sure = confidence ? Number(comma ? confidence.replace(',', '.') : confidence) : Number.NaN;
  const words = cell('text');
  gathering.add(
    index.file === undefined ? uri : cell('file') || uri,
    start,
    end,
    { speaker, ...(sure >= 0 && sure <= 1 ? { confidence: sure } : {}), ...(words ? { text: words } : {}) },
    at,
  );
}
