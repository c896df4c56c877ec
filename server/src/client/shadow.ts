import { readFile, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { parseRttm, type Turn } from 'diarist';
import { diarizationErrorRate } from 'diarist/metrics';
import { createClient, type DiaristClient } from './client.ts';
import { price, wholeNumber } from './flags.ts';

/**
 * `diarist shadow`: the same files to two services, and what they answer side by side. For a migration: is ours as
 * good as what is used now, on one's own recordings, and what does it cost?
 */
export const SHADOW_HELP = `Usage: diarist shadow --a URL --a-key KEY --b URL --b-key KEY FILE …
  --references DIR    RTTM files named as the recordings: DER of both is reported, of those that have one
  --a-price 0.0x      --b-price 0.0x   price of one hour of audio, for the cost column
  --speakers N        told to both
  -o report.json      everything, also every turn

Example:
  diarist shadow --a https://api.pyannote.ai --a-key sk_… --b http://127.0.0.1:8080 --b-key dk_… meeting.mp3`;

export interface ShadowRow {
  readonly file: string;
  readonly duration: number;
  /** 1 - DER of b against a. */
  readonly agreement: number;
  readonly a: Side;
  readonly b: Side;
}

export interface Side {
  readonly speakers: number;
  readonly seconds: number;
  readonly cost: number | undefined;
  readonly der: number | undefined;
  readonly error?: string;
  readonly turns: readonly Turn[];
}

const OPTIONS = {
  a: { type: 'string' },
  'a-key': { type: 'string' },
  b: { type: 'string' },
  'b-key': { type: 'string' },
  'a-price': { type: 'string' },
  'b-price': { type: 'string' },
  references: { type: 'string' },
  speakers: { type: 'string' },
  output: { type: 'string', short: 'o' },
  help: { type: 'boolean', short: 'h' },
} as const;

export async function runShadow(argv: readonly string[]): Promise<number> {
  try {
    const { values, positionals: files } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
    if (values.help) {
      process.stdout.write(`${SHADOW_HELP}\n`);
      return 0;
    }
    const { a, b, 'a-key': aKey, 'b-key': bKey } = values;
    if (!a || !b || !aKey || !bKey || files.length === 0) throw new TypeError(SHADOW_HELP);
    const numSpeakers = wholeNumber('speakers', values.speakers);
    const sides = [
      { client: createClient({ url: a, key: aKey }), price: price('a-price', values['a-price']) },
      { client: createClient({ url: b, key: bKey }), price: price('b-price', values['b-price']) },
    ] as const;
    // Read before anything is sent: what is sent may cost money.
    const references = values.references ? await referencesOf(files, values.references) : undefined;
    const rows: ShadowRow[] = [];
    for (const file of files)
      rows.push(await shadowFile(file, sides, { reference: references?.get(file), numSpeakers }));
    process.stdout.write(shadowTable(rows));
    if (values.output) await writeFile(values.output, `${JSON.stringify(rows, null, 2)}\n`);
    return rows.some((row) => row.a.error ?? row.b.error) ? 1 : 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof TypeError ? 2 : 1;
  }
}

interface Service {
  readonly client: DiaristClient;
  readonly price: number | undefined;
}

const nameOf = (file: string): string => basename(file, extname(file));

/** The turns of the recordings that have an RTTM file; a folder that has none of them is a misuse. */
async function referencesOf(files: readonly string[], folder: string): Promise<ReadonlyMap<string, readonly Turn[]>> {
  const found = new Map<string, readonly Turn[]>();
  for (const file of files) {
    const text = await readFile(join(folder, `${nameOf(file)}.rttm`), 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    });
    if (text !== undefined) found.set(file, parseRttm(text)[0]?.turns ?? []);
  }
  if (found.size === 0) throw new TypeError(`None of the recordings has an RTTM file of its name in ${folder}.`);
  return found;
}

async function shadowFile(
  file: string,
  [a, b]: readonly [Service, Service],
  { reference, numSpeakers }: { reference: readonly Turn[] | undefined; numSpeakers: number | undefined },
): Promise<ShadowRow> {
  const name = nameOf(file);
  const answers = await Promise.all([ask(a, file, numSpeakers), ask(b, file, numSpeakers)]);
  const duration = Math.max(...answers.map(({ turns }) => turns.at(-1)?.end ?? 0), reference?.at(-1)?.end ?? 0);
  const side = (one: Awaited<ReturnType<typeof ask>>, price: number | undefined): Side => ({
    ...one,
    speakers: new Set(one.turns.map(({ speaker }) => speaker)).size,
    cost: price === undefined ? undefined : (price * duration) / 3600,
    der: reference && !one.error ? errorRate(reference, one.turns) : undefined,
  });
  return {
    file: name,
    duration,
    agreement: answers.some(({ error }) => error) ? Number.NaN : 1 - errorRate(answers[0].turns, answers[1].turns),
    a: side(answers[0], a.price),
    b: side(answers[1], b.price),
  };
}

async function ask({ client }: Service, file: string, numSpeakers: number | undefined) {
  const from = performance.now();
  const seconds = () => (performance.now() - from) / 1000;
  try {
    const url = await client.upload(file);
    const { jobId } = await client.call('diarize', { body: { url, numSpeakers } });
    const { status, output } = await client.wait(jobId);
    if (status !== 'succeeded' || !output || !('diarization' in output)) {
      const error = output && 'error' in output ? output.error : status;
      return { seconds: seconds(), turns: [], error };
    }
    return {
      seconds: seconds(),
      turns: output.diarization.map(({ start, end, speaker }) => ({ start, end, speaker })),
    };
  } catch (error) {
    return { seconds: seconds(), turns: [], error: error instanceof Error ? error.message : String(error) };
  }
}

function errorRate(reference: readonly Turn[], hypothesis: readonly Turn[]): number {
  if (reference.length === 0) return hypothesis.length === 0 ? 0 : 1;
  return diarizationErrorRate({ turns: reference }, { turns: hypothesis }).der;
}

/** Both services in one line a file, and the totals by duration. */
export function shadowTable(rows: readonly ShadowRow[]): string {
  const percent = (value: number | undefined) =>
    value === undefined || Number.isNaN(value) ? '' : `${(100 * value).toFixed(1)} %`;
  const money = (value: number | undefined) => (value === undefined ? '' : value.toFixed(4));
  const cells = rows.map((row) => [
    row.file,
    row.duration.toFixed(1),
    percent(row.agreement),
    ...[row.a, row.b].flatMap((side) => [
      side.error ? `failed: ${side.error}` : String(side.speakers),
      percent(side.der),
      side.seconds.toFixed(1),
      money(side.cost),
    ]),
  ]);
  const whole = rows.reduce((sum, row) => sum + row.duration, 0);
  const mean = (of: (row: ShadowRow) => number | undefined) => {
    const good = rows.filter((row) => Number.isFinite(of(row)));
    const weight = good.reduce((sum, row) => sum + row.duration, 0);
    return weight === 0 ? undefined : good.reduce((sum, row) => sum + of(row)! * row.duration, 0) / weight;
  };
  const total = (of: (row: ShadowRow) => number | undefined) => rows.reduce((sum, row) => sum + (of(row) ?? 0), 0);
  cells.push([
    'all',
    whole.toFixed(1),
    percent(mean((row) => row.agreement)),
    ...(['a', 'b'] as const).flatMap((side) => [
      '',
      percent(mean((row) => row[side].der)),
      total((row) => row[side].seconds).toFixed(1),
      rows.some((row) => row[side].cost !== undefined) ? money(total((row) => row[side].cost)) : '',
    ]),
  ]);
  const heads = [
    'file',
    'seconds',
    'agreement',
    'a: speakers',
    'DER',
    'took s',
    'cost',
    'b: speakers',
    'DER',
    'took s',
    'cost',
  ];
  const lines = [heads, ...cells];
  const widths = heads.map((_, c) => Math.max(...lines.map((line) => line[c].length)));
  return lines
    .map(
      (line) => `${line.map((cell, c) => (c === 0 ? cell.padEnd(widths[c]) : cell.padStart(widths[c]))).join('  ')}\n`,
    )
    .join('');
}
