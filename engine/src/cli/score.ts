import { Command, InvalidArgumentError, Option } from 'commander';
import type { Timeline } from '../core/timeline.ts';
import type { TextTurn } from '../formats/index.ts';
import { type CorpusFile, scoreCorpus } from '../metrics/corpus.ts';
import { pairByName } from '../metrics/pairing.ts';
import { scoreCsv, scoreObject, scoreTable } from '../metrics/report.ts';
import { type AnyMetric, metricById, TURN_METRICS, WORD_METRICS } from '../metrics/table.ts';
import { normalizeWord } from '../metrics/words.ts';
import { writeWhole } from '../node/writeWhole.ts';
import { collect, names, positive, seconds, whole } from './optionReaders.ts';
import { endingOf, refuseInput } from './outputs.ts';
import { type Recording, readRecordings, readUems, refuseStdinTwice, uemOf } from './recordings.ts';

/**
 * `diarist score reference hypothesis`: how far the hypothesis is from the reference. Either is a file, of one recording
 * or many, or a folder of files; recordings are matched by name. What has no partner is named on stderr.
 */
interface ScoreOptions {
  readonly metric: readonly string[];
  readonly collar: number;
  readonly skipOverlap: boolean;
  readonly uem?: readonly string[];
  readonly missing: 'empty' | 'ignore' | 'error';
  readonly normalize: boolean;
  readonly bootstrap?: number | true;
  readonly confidence?: number;
  readonly seed?: number;
  readonly json: boolean;
  readonly csv: boolean;
  readonly perFile: boolean;
  readonly output: string;
}

export function scoreCommand(): Command {
  return new Command('score')
    .description('Compare speaker turns with a reference: DER, JER and more, per file and in total')
    .argument('<reference>', 'a file (RTTM, or any format that is read) or a folder of them')
    .argument('<hypothesis>', 'the same for what is scored')
    .option('--metric <names>', 'comma-separated (see below; repeatable; default: der)', names)
    .option('--collar <seconds>', 'leave out this much around reference boundaries, half on each side', seconds, 0)
    .option('--skip-overlap', 'leave out where reference turns overlap', false)
    .option('--uem <path>', 'score only these parts: a UEM file or a folder of them (repeatable)', collect)
    .addOption(
      new Option('--missing <what>', 'a reference without hypothesis: count it as all missed, leave it out, or stop')
        .choices(['empty', 'ignore', 'error'])
        .default('empty'),
    )
    .option('--normalize', 'cpwer, wder: compare words in small letters without punctuation', false)
    .option('--bootstrap [draws]', 'confidence interval of the total, from files drawn anew (default: 2000)', positive)
    .option('--confidence <share>', 'the share of draws that the interval holds (default: 0.9)', share)
    .option('--seed <number>', 'of the draws (default: 0)', whole)
    .option('--per-file', 'a row for each file in the table', false)
    .option('--json', 'everything as JSON, durations in seconds', false)
    .option('--csv', 'everything as CSV', false)
    .option('-o, --output <file>', 'where to write: .txt, .csv or .json; - for standard output', '-')
    .addHelpText('after', `\nMetrics of turns: ${TURN_METRICS.map(({ id }) => id).join(', ')}.`)
    .addHelpText('after', `Metrics of words: ${WORD_METRICS.map(({ id }) => id).join(', ')}.`)
    .addHelpText('after', "\nThe collar is pyannote.metrics' total width: NIST's md-eval -c 0.25 is --collar 0.5 here.")
    .addHelpText('after', '\nExample:\n  diarist score reference/ hypothesis/ --collar 0.25 --per-file')
    .action((reference: string, hypothesis: string, options: ScoreOptions) => score(reference, hypothesis, options));
}

/** Does what the command does. */
export async function score(
  referencePath: string,
  hypothesisPath: string,
  options: Partial<ScoreOptions> = {},
): Promise<void> {
  const metrics = [...new Set(options.metric ?? ['der'])].map(metricById);
  const { collar = 0, skipOverlap = false, missing = 'empty' } = options;
  const output = options.output ?? '-';
  const format = formatOf(options);
  refuseIdle(options, metrics, format);
  refuseStdinTwice([referencePath, hypothesisPath, ...(options.uem ?? [])]);
  const references = await readRecordings(referencePath);
  const hypotheses = await readRecordings(hypothesisPath);
  refuseInput([output], [...references, ...hypotheses].map(({ file }) => file).concat(options.uem ?? []));
  const uems = options.uem ? await readUems(options.uem) : undefined;
  const matched = match(references, hypotheses, uems, missing);
  for (const line of matched.notes) process.stderr.write(`${line}\n`);
  if (matched.files.length === 0) {
    throw new RangeError(`Got nothing to score: no recording of ${referencePath} is left to compare.`);
  }
  if (metrics.some(({ kind }) => kind === 'words')) refuseWordless(matched.files);

  const scores = scoreCorpus(matched.files, metrics, {
    collar,
    skipOverlap,
    ...(options.normalize ? { normalize: normalizeWord } : {}),
    ...(options.bootstrap === undefined ? {} : { bootstrap: bootstrapOf(options) }),
  });
  if (format === 'csv') return writeWhole(output, scoreCsv(scores));
  if (format === 'txt')
    return writeWhole(
      output,
      scoreTable(scores, { perFile: options.perFile ?? false, confidence: options.confidence ?? 0.9 }),
    );
  const { intervals } = scores;
  const report = {
    options: { metrics: metrics.map(idOf), collar, skipOverlap, uem: uems !== undefined, missing },
    files: scores.files.map(({ uri, scores: own }) => ({
      uri,
      ...(matched.missing.includes(uri) ? { hypothesis: 'missing' } : {}),
      ...scoreObject(scores, own),
    })),
    total: { files: scores.files.length, ...scoreObject(scores, scores.total) },
    ...(intervals
      ? {
          confidence: {
            share: options.confidence ?? 0.9,
            ...Object.fromEntries(metrics.map((m, i) => [idOf(m), intervals[i]])),
          },
        }
      : {}),
    withoutHypothesis: matched.missing,
    withoutReference: matched.extra,
    outsideUem: matched.outside,
  };
  return writeWhole(output, `${JSON.stringify(report, undefined, 2)}\n`);
}

/** Turns without a word would agree in every word: 0 %. A program that found nothing has no turns either, and is scored. */
function refuseWordless(files: readonly CorpusFile[]): void {
  for (const side of ['reference', 'hypothesis'] as const) {
    const turns: readonly TextTurn[] = files.flatMap((file) => file[side].turns);
    if (turns.length > 0 && !turns.some(({ text }) => text?.trim()))
      throw new RangeError(
        `Got a metric of words when no turn of the ${side} has a word: give a format with words, such as STM, CTM or JSON.`,
      );
  }
}

/** What would change nothing, or be left out of what is written. */
function refuseIdle(
  { bootstrap, confidence, seed, normalize }: Partial<ScoreOptions>,
  metrics: readonly AnyMetric[],
  format: 'txt' | 'csv' | 'json',
): void {
  if (bootstrap === undefined && (confidence !== undefined || seed !== undefined))
    throw new RangeError(`Got --${confidence === undefined ? 'seed' : 'confidence'}, which only --bootstrap has.`);
  if (bootstrap !== undefined && format === 'csv')
    throw new RangeError('Got --bootstrap, and CSV has no place for intervals: say --json, or leave it out.');
  if (normalize && !metrics.some(({ kind }) => kind === 'words'))
    throw new RangeError(`Got --normalize, which only ${WORD_METRICS.map(({ id }) => id).join(' and ')} have.`);
}

/** `txt` is the table for people. */
function formatOf({ json, csv, output = '-' }: Partial<ScoreOptions>): 'txt' | 'csv' | 'json' {
  if (json && csv) throw new RangeError('Got both --json and --csv: choose one.');
  if (json || csv) return json ? 'json' : 'csv';
  return endingOf(output, ['txt', 'csv', 'json'], 'say --json or --csv, or name it .txt, .csv or .json') ?? 'txt';
}

interface Matched {
  readonly files: readonly CorpusFile[];
  /** References without hypothesis, hypotheses without reference, recordings that the UEM does not name. */
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly outside: readonly string[];
  readonly notes: readonly string[];
}

function match(
  references: readonly Recording[],
  hypotheses: readonly Recording[],
  uems: ReadonlyMap<string, Timeline> | undefined,
  whatIsMissing: 'empty' | 'ignore' | 'error',
): Matched {
  const pairing = pairByName(references, hypotheses);
  const hypothesisOf = new Map(pairing.pairs.map(({ reference, hypothesis }) => [reference, hypothesis]));
  const scored = references.filter((one) => !uems || uemOf(one, uems));
  const missing = scored.filter((one) => !hypothesisOf.has(one));
  const extra = pairing.lonelyHypotheses;
  const outside = references.filter((one) => !scored.includes(one));
  const notes = [
    note(missing, 'without hypothesis', whatIsMissing === 'ignore' ? 'left out' : 'counted as all missed'),
    note(extra, 'without reference', 'not scored'),
    note(outside, 'not in the UEM', 'not scored'),
    ...pairing.pairs.map(({ reference, hypothesis }) => differently(reference, hypothesis)),
  ].filter((line) => line !== '');
  if (whatIsMissing === 'error' && missing.length + extra.length > 0) {
    throw new RangeError(`Got recordings without partner: ${[...missing, ...extra].map(nameOf).join(', ')}.`);
  }
  const kept = whatIsMissing === 'ignore' ? scored.filter((one) => hypothesisOf.has(one)) : scored;
  return {
    files: kept.map((reference) => {
      const uem = uems && uemOf(reference, uems);
      const hypothesis = hypothesisOf.get(reference)?.annotation ?? { turns: [] };
      return { uri: nameOf(reference), reference: reference.annotation, hypothesis, ...(uem ? { uem } : {}) };
    }),
    missing: missing.map(nameOf),
    extra: extra.map(nameOf),
    outside: outside.map(nameOf),
    notes,
  };
}

function nameOf({ uri, stem, file }: Recording): string {
  return uri ?? stem ?? file;
}

function note(recordings: readonly Recording[], what: string, then: string): string {
  if (recordings.length === 0) return '';
  return `${recordings.length} ${what}, ${then}: ${recordings.map(nameOf).join(', ')}`;
}

/** A lone pair is compared whatever the names; they may be the wrong files. */
function differently(reference: Recording, hypothesis: Recording): string {
  const names = [hypothesis.uri, hypothesis.stem];
  if ([reference.uri, reference.stem].some((name) => name !== undefined && names.includes(name))) return '';
  return `${nameOf(reference)} is compared with ${nameOf(hypothesis)}: the names differ`;
}

function bootstrapOf({ bootstrap, confidence = 0.9, seed = 0 }: Partial<ScoreOptions>) {
  return { confidence, seed, ...(typeof bootstrap === 'number' ? { draws: bootstrap } : {}) };
}

function idOf({ metric }: AnyMetric): string {
  return metric.id;
}

function share(value: string): number {
  const number = Number(value);
  if (!(number > 0 && number < 1)) throw new InvalidArgumentError('Expected a number between 0 and 1.');
  return number;
}
