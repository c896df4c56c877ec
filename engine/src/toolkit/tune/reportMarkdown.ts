import type { Curve } from './curves.ts';
import type { Dimension, Value } from './space.ts';
import type { Tuned } from './tune.ts';
import { shownRate, verdict } from './verdict.ts';

/** A tuning run as Markdown: the verdict, the values, each recording, each fold, and the curve of each parameter. */
export interface ReportContext {
  /** The recordings' names, in order. */
  readonly uris: readonly string[];
  /** What was run, a line each: model, command … */
  readonly facts: readonly string[];
}

/** A heading and rows of cells, the first row the titles. */
export interface ReportTable {
  readonly title: string;
  readonly note?: string;
  readonly rows: readonly (readonly string[])[];
}

export function tuningMarkdown(tuned: Tuned, context: ReportContext): string {
  const tables = reportTables(tuned, context).map(markdownTable);
  const curves = tuned.curves.map((curve) => `### ${curve.name}\n\n${markdownCurve(tuned, curve)}`);
  return [
    '# Tuning\n',
    `${verdict(tuned)}\n`,
    `${context.facts.map((fact) => `- ${fact}`).join('\n')}\n`,
    ...tables,
    `## Curves\n\n${CURVES_NOTE}\n`,
    ...curves,
  ].join('\n');
}

export const CURVES_NOTE: string =
  'One parameter changes while the others stay at the best values found; all recordings, so the figures flatter. A flat ' +
  'curve says that the parameter matters little here, a jagged one that its best value is luck.';

/** What both kinds of report show. */
export function reportTables(tuned: Tuned, { uris }: ReportContext): ReportTable[] {
  const { metric, space, start, best, recommended, heldOut, folds, recordings } = tuned;
  const rate = (value: number): string => shownRate(metric, value);
  const values = {
    title: 'Parameters',
    rows: [
      ['parameter', 'searched', "the model's", 'best found', 'recommended', ...folds.map((_, i) => `fold ${i + 1}`)],
      ...space.map((dimension) => {
        const { name } = dimension;
        const own = [start, best, recommended, ...folds.map((fold) => fold.best)].map((point) => text(point[name]));
        return [name, rangeOf(dimension), ...own];
      }),
    ],
  };
  const totals = {
    title: `Totals: ${metric.name}`,
    rows: [
      ['', "the model's parameters", 'tuned', 'change'],
      ...(heldOut ? [['held-out recordings', rate(heldOut.before), rate(heldOut.after), change(tuned, heldOut)]] : []),
      ['the recordings searched (flattering)', rate(tuned.before), rate(tuned.after), change(tuned, tuned)],
    ],
  };
  const perFold = folds.map(({ searched, tested, heldOut: out }, i) => [
    `fold ${i + 1}`,
    `${recordings.length - out.length}: ${rate(searched.before)} → ${rate(searched.after)}`,
    `${out.length}: ${rate(tested.before)} → ${rate(tested.after)}`,
    out.map((index) => uris[index]).join(', '),
  ]);
  const perRecording = recordings.map(({ before, after, heldOut: out }, i) => [
    uris[i],
    rate(before),
    ...(out === undefined ? [] : [rate(out)]),
    rate(after),
  ]);
  return [
    totals,
    values,
    ...(folds.length > 0
      ? [{ title: 'Folds', rows: [['', 'searched', 'held out', 'recordings held out'], ...perFold] }]
      : []),
    {
      title: 'Recordings',
      rows: [
        ['recording', "the model's parameters", ...(heldOut ? ['tuned, held out'] : []), 'tuned on all'],
        ...perRecording,
      ],
    },
  ];
}

function change({ metric }: Tuned, { before, after }: { readonly before: number; readonly after: number }): string {
  const gain = after - before;
  const number = metric.unit === 'percent' ? 100 * gain : gain;
  return `${number > 0 ? '+' : number < 0 ? '−' : '±'}${Math.abs(number).toFixed(2)}`;
}

function rangeOf(dimension: Dimension): string {
  if (dimension.kind === 'choice') return dimension.values.join(', ');
  return `${dimension.low} to ${dimension.high}${dimension.log ? ', logarithmic' : ''}`;
}

export function text(value: Value): string {
  return typeof value === 'number' ? String(Number(value.toPrecision(4))) : String(value);
}

function markdownTable({ title, rows: [head, ...rows] }: ReportTable): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return `## ${title}\n\n${line(head)}|${'---|'.repeat(head.length)}\n${rows.map(line).join('')}`;
}

const LONGEST_BAR = 30;

/** A bar a value: as long as the rate is above the lowest of the curve. */
function markdownCurve({ metric, best }: Tuned, { name, points }: Curve): string {
  const losses = points.map(({ loss }) => loss);
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  const bar = (loss: number): string =>
    '█'.repeat(high > low ? Math.round(((loss - low) / (high - low)) * LONGEST_BAR) : 0);
  const width = Math.max(...points.map(({ value }) => text(value).length));
  const lines = points.map(({ value, loss }) => {
    const mark = value === best[name] || text(value) === text(best[name]) ? '*' : ' ';
    return `${mark} ${text(value).padStart(width)}  ${shownRate(metric, loss).padStart(9)}  ${bar(loss)}`.trimEnd();
  });
  return `\`\`\`\n${lines.join('\n')}\n\`\`\`\n`;
}
