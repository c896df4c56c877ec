import type { Interval } from './confidence.ts';
import type { CorpusScores, Score } from './corpus.ts';

/**
 * Scores as text: a table for people, CSV for spreadsheets, and the object that `--json` prints.
 * DER is the usual question, so its parts have columns of their own in the table and stand beside it in the object.
 */

type Metric = CorpusScores['metrics'][number];

interface Column {
  readonly title: string;
  readonly cell: (score: Score) => string;
  readonly interval?: (interval: Interval) => string;
}

export interface TableOptions {
  /** A row for each file. */
  readonly perFile?: boolean;
  /** What share the intervals hold, to say so. */
  readonly confidence?: number;
}

const WITH_PARTS = new Set(['der', 'greedy-der', 'ier']);

/** A row a file, one for all, and one for the intervals if there are any; numbers under each other. */
export function scoreTable(scores: CorpusScores, { perFile = true, confidence = 0.9 }: TableOptions = {}): string {
  const { metrics, files, total, intervals } = scores;
  const columns = metrics.flatMap((metric, m) => columnsOf(metric).map((column) => ({ ...column, m })));
  const row = (name: string, cells: readonly Score[]): string[] => [
    name,
    ...columns.map(({ cell, m }) => cell(cells[m])),
  ];
  return aligned([
    ['file', ...columns.map(({ title }) => title)],
    ...(perFile ? files.map(({ uri, scores: own }) => row(uri, own)) : []),
    row(`TOTAL (${files.length} ${files.length === 1 ? 'file' : 'files'})`, total),
    ...(intervals
      ? [
          [
            `${Number((100 * confidence).toFixed(6))} % interval`,
            ...columns.map(({ interval, m }) => interval?.(intervals[m]) ?? ''),
          ],
        ]
      : []),
  ]);
}

function columnsOf(metric: Metric): Column[] {
  const rate: Column = {
    title: metric.unit === 'percent' ? `${metric.id} %` : metric.id,
    cell: (score) => shown(metric, score.rate),
    interval: ({ low, high }) => `${shown(metric, low)}–${shown(metric, high)}`,
  };
  if (!WITH_PARTS.has(metric.id)) return [rate];
  const share = (title: string, part: string): Column => ({
    title,
    cell: ({ components }) => (components['total'] > 0 ? percent(components[part] / components['total']) : '-'),
  });
  return [
    rate,
    share('miss %', 'missedDetection'),
    share('false alarm %', 'falseAlarm'),
    share('confusion %', 'confusion'),
    { title: 'speech s', cell: ({ components }) => components['total'].toFixed(2) },
  ];
}

function shown({ unit }: Metric, rate: number): string {
  return unit === 'percent' ? percent(rate) : rate.toFixed(2);
}

function percent(share: number): string {
  return (100 * share).toFixed(2);
}

/** Names to the left, numbers to the right, two blanks between. */
function aligned(rows: readonly string[][]): string {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => [...row[column]].length)));
  const pad = (text: string, column: number): string => ' '.repeat(widths[column] - [...text].length);
  const line = (row: readonly string[]): string =>
    row.map((text, column) => (column === 0 ? text + pad(text, 0) : pad(text, column) + text)).join('  ');
  return rows.map((row) => `${line(row).trimEnd()}\n`).join('');
}

/** A line a file and one named TOTAL: each metric's rate and its components, to full precision. */
export function scoreCsv({ metrics, files, total }: CorpusScores): string {
  const head = metrics.flatMap(({ id, components }) => [id, ...components.map((name) => `${id}.${name}`)]);
  const line = (name: string, scores: readonly Score[]): string =>
    [quoted(name), ...metrics.flatMap(({ components }, m) => values(scores[m], components))].join(',');
  const lines = [
    ['file', ...head].join(','),
    ...files.map(({ uri, scores }) => line(uri, scores)),
    line('TOTAL', total),
  ];
  return lines.map((one) => `${one}\n`).join('');
}

function values({ rate, components }: Score, names: readonly string[]): number[] {
  return [rate, ...names.map((name) => components[name])];
}

function quoted(text: string): string {
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One file's or all files' scores: rates by metric, DER's seconds beside it, all components below `components`. */
export type ScoreObject = Readonly<Record<string, number | Readonly<Record<string, unknown>>>>;

export function scoreObject({ metrics }: CorpusScores, scores: readonly Score[]): ScoreObject {
  const object: Record<string, number | Readonly<Record<string, unknown>>> = {};
  metrics.forEach(({ id }, m) => {
    object[id] = scores[m].rate;
    if (id === 'der') Object.assign(object, scores[m].components);
  });
  object['components'] = Object.fromEntries(metrics.map(({ id }, m) => [id, scores[m].components]));
  return object;
}
