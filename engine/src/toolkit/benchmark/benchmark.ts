import { type Annotation, annotation } from '../../core/annotation.ts';
import { cropAnnotation } from '../../core/cropAnnotation.ts';
import { labels } from '../../core/labels.ts';
import type { Seconds } from '../../core/segment.ts';
import { type Timeline, timeline } from '../../core/timeline.ts';
import type { Turn } from '../../core/turn.ts';
import { type CorpusScores, scoreCorpus } from '../../metrics/corpus.ts';
import { der } from '../../metrics/der.ts';
import { jer } from '../../metrics/jer.ts';
import type { Metric } from '../../metrics/metric.ts';
import { speakerCountAccuracy, speakerCountError } from '../../metrics/speakerCount.ts';
import type { AnyMetric } from '../../metrics/table.ts';
import type { BenchmarkDataset } from './datasets.ts';
import { publishedFor } from './published.ts';

/** A run of a system over a data set: from the turns found to figures that can stand beside published ones. */
export interface BenchmarkedFile {
  readonly uri: string;
  readonly duration: Seconds;
  /** That diarizing it took, without loading the model. */
  readonly elapsed: Seconds;
  readonly reference: Annotation;
  readonly turns: readonly Turn[];
  readonly uem?: Timeline;
}

export interface BenchmarkContext {
  readonly dataset: BenchmarkDataset;
  readonly collar: Seconds;
  readonly skipOverlap: boolean;
  readonly model: string;
  readonly machine: string;
  /** Recordings that should have been there. */
  readonly missing: readonly string[];
}

export interface BenchmarkRow {
  readonly uri: string;
  readonly speakers: number;
  readonly found: number;
  readonly duration: Seconds;
  readonly elapsed: Seconds;
  /** Elapsed over duration: 0.05 is twenty times real time. */
  readonly realTimeFactor: number;
  readonly der: number;
  readonly total: Seconds;
  readonly missedDetection: Seconds;
  readonly falseAlarm: Seconds;
  readonly confusion: Seconds;
  readonly jer: number;
}

export interface BenchmarkReport {
  readonly context: BenchmarkContext;
  readonly files: readonly BenchmarkRow[];
  readonly total: Omit<BenchmarkRow, 'uri' | 'speakers' | 'found'> & {
    readonly speakerCountError: number;
    readonly speakerCountAccuracy: number;
  };
}

const METRICS: readonly AnyMetric[] = [
  der as Metric,
  jer as Metric,
  speakerCountError as Metric,
  speakerCountAccuracy as Metric,
].map((metric) => ({ kind: 'turns', metric }));

export function benchmarkReport(files: readonly BenchmarkedFile[], context: BenchmarkContext): BenchmarkReport {
  const { collar, skipOverlap } = context;
  const scores = scoreCorpus(
    files.map(({ uri, reference, turns, uem }) => ({ uri, reference, hypothesis: { turns }, ...(uem ? { uem } : {}) })),
    METRICS,
    { collar, skipOverlap },
  );
  const rates = ([error, jaccard]: CorpusScores['total'], duration: Seconds, elapsed: Seconds) => {
    const { total, missedDetection, falseAlarm, confusion } = error.components;
    return {
      duration,
      elapsed,
      realTimeFactor: duration > 0 ? elapsed / duration : 0,
      der: error.rate,
      total,
      missedDetection,
      falseAlarm,
      confusion,
      jer: jaccard.rate,
    };
  };
  const rows = files.map(({ uri, duration, elapsed, reference, turns, uem }, i) => ({
    uri,
    speakers: numSpeakers(reference.turns, uem),
    found: numSpeakers(turns, uem),
    ...rates(scores.files[i].scores, duration, elapsed),
  }));
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
  return {
    context,
    files: rows,
    total: {
      ...rates(scores.total, sum(rows.map(({ duration }) => duration)), sum(rows.map(({ elapsed }) => elapsed))),
      speakerCountError: scores.total[2].rate,
      speakerCountAccuracy: scores.total[3].rate,
    },
  };
}

/** Who is heard in the scored parts, as the speaker count metrics count. */
function numSpeakers(turns: readonly Turn[], uem: Timeline | undefined): number {
  const all = annotation(turns);
  return labels(uem === undefined ? all : cropAnnotation(all, timeline(uem))).length;
}

/** Everything, for programs: rates as fractions, times in seconds, published figures in per cent. */
export function benchmarkJson({ context, files, total }: BenchmarkReport): string {
  const { dataset, ...rest } = context;
  const { id, name, conventions, source, unverified } = dataset;
  const document = {
    dataset: { id, name, conventions, source, ...(unverified === undefined ? {} : { unverified }) },
    ...rest,
    files,
    total: { files: files.length, ...total },
    comparable: comparable({ context, files, total }),
    published: publishedFor(id),
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** For people: a row a recording, the total, and what others publish of the data set. */
export function benchmarkMarkdown(report: BenchmarkReport): string {
  const { context, files, total } = report;
  const { dataset, collar, skipOverlap, model, machine, missing } = context;
  const speed = ({ realTimeFactor }: Pick<BenchmarkRow, 'realTimeFactor'>): string =>
    realTimeFactor > 0 ? `${(1 / realTimeFactor).toFixed(1)} ×` : '–';
  const errors = (row: Omit<BenchmarkRow, 'uri' | 'speakers' | 'found'>): string[] => [
    percent(row.der),
    ...[row.missedDetection, row.falseAlarm, row.confusion].map((part) =>
      percent(row.total > 0 ? part / row.total : 0),
    ),
    percent(row.jer),
    row.duration.toFixed(1),
    speed(row),
  ];
  const counts = `off by ${total.speakerCountError.toFixed(2)}; ${percent(total.speakerCountAccuracy)} % right`;
  const published = publishedFor(dataset.id);
  return [
    `## ${dataset.name}: ${model}\n\n`,
    table([
      [
        'recording',
        'speakers',
        'found',
        'DER %',
        'missed',
        'false alarm',
        'confusion',
        'JER %',
        'seconds',
        'real time',
      ],
      ...files.map((row) => [row.uri, String(row.speakers), String(row.found), ...errors(row)]),
      [`**total (${files.length})**`, '', counts, ...errors(total)],
    ]),
    `\nCollar ${collar} s in all, overlaps ${skipOverlap ? 'left out' : 'scored'}. ${machine}. ${dataset.conventions}\n`,
    missing.length > 0 ? `\n**Not complete**: without ${missing.length} of them: ${missing.join(', ')}.\n` : '',
    dataset.unverified === undefined ? '' : `\nUnverified: ${dataset.unverified}.\n`,
    published.length === 0
      ? ''
      : `\n${table([
          ['system', 'DER %', ''],
          [
            `**diarist, ${model}**`,
            `**${percent(total.der)}**`,
            comparable(report) ? 'this run' : `this run, ${NOT_COMPARABLE}`,
          ],
          ...published.map(({ system, der: rate, note = '' }) => [system, rate.toFixed(1), note]),
        ])}\nThe other figures are what their makers publish; none was measured here.\n`,
  ].join('');
}

const NOT_COMPARABLE = 'not comparable: other recordings, collar or overlaps';

/** Whether the figures are of what the published ones are of, as far as can be told. */
function comparable({ context, files }: BenchmarkReport): boolean {
  const { dataset, collar, skipOverlap, missing } = context;
  if (dataset.id === 'folder' || dataset.numRecordings === undefined) return false;
  return collar === dataset.collar && !skipOverlap && missing.length === 0 && files.length === dataset.numRecordings;
}

function percent(rate: number): string {
  return (100 * rate).toFixed(1);
}

function table([head, ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`;
  return `${line(head)}|${'---|'.repeat(head.length)}\n${rows.map(line).join('')}`;
}
