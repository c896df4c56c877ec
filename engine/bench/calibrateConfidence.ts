import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { assemble } from '../src/diarize/assemble.ts';
import { diarize } from '../src/diarize/diarize.ts';
import { reliabilityPicture } from '../src/draw/reliabilityPicture.ts';
import { fitMonotone, type MonotoneMap, readMonotone } from '../src/math/monotone.ts';
import type { ConfidenceMaps } from '../src/model/manifest.ts';
import { parseManifest } from '../src/model/parseManifest.ts';
import { filesOf } from '../src/node/diarizer.ts';
import { resolveModels } from '../src/node/models/resolve.ts';
import { openRecording } from '../src/node/recording.ts';
import { createRuntime } from '../src/node/runtime/device.ts';
import { writeWhole } from '../src/node/writeWhole.ts';
import { hearRecording, LEVELS, type Level, type Observed } from './confidenceEvidence.ts';
import { calibrationError, reliability } from './reliability.ts';

/**
 * Fits what a model's confidence is worth (docs/confidence.md), on recordings whose truth is known:
 *
 *   npm run bench:calibrate -- NAME=DIR[,DIR…] … [--model embedded] [--write manifest.json] [--picture out.svg]
 *
 * DIR has recordings with an RTTM (and, where it has one, a UEM) beside each, as bench:meetings makes them. Each NAME is a
 * kind of recordings; all kinds weigh alike, however long they are. Prints Markdown: how often a score was right, each
 * recording scored by curves that were fitted without it. `--write` puts the curves of all into a model's manifest.
 */
const FOLDS = 5;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'embedded' },
    write: { type: 'string' },
    picture: { type: 'string' },
  },
});
const kinds = positionals.map((text) => {
  const [name, folders] = text.split('=');
  if (!name || !folders) throw new RangeError(`Got '${text}' when NAME=DIR was expected, as in ami=recordings/ami.`);
  return { name, folders: folders.split(',') };
});
if (kinds.length === 0) throw new RangeError('On what? npm run bench:calibrate -- NAME=DIR[,DIR…] …');

interface Sample extends Observed {
  readonly kind: string;
  readonly fold: number;
}

const samples = await listen();
const curves = Object.fromEntries(LEVELS.map((level) => [level, fit(samples, level)])) as Record<Level, MonotoneMap>;
const heldOut = LEVELS.map((level) => {
  const byFold = Array.from({ length: FOLDS }, (_, fold) =>
    fit(
      samples.filter((sample) => sample.fold !== fold),
      level,
    ),
  );
  const own = samples.filter((sample) => sample.level === level);
  return {
    level,
    raw: own,
    scored: own.map((sample) => ({ ...sample, raw: readMonotone(byFold[sample.fold], sample.raw) })),
  };
});
report();
if (values.picture !== undefined) await writeWhole(values.picture, picture());
if (values.write !== undefined) await writeManifest(values.write);

/** Every recording through the model as it is, with its evidence for confidence. */
async function listen(): Promise<Sample[]> {
  const resolved = await resolveModels({ model: values.model });
  const runtime = await createRuntime({ device: 'cpu', threads: availableParallelism() });
  try {
    const { models, defaults } = await assemble(resolved, runtime, filesOf(resolved));
    const found: Sample[] = [];
    for (const { name: kind, folders } of kinds) {
      let number = 0;
      for (const folder of folders)
        for (const file of readdirSync(folder).sort()) {
          if (!/\.(wav|flac|mp3|m4a|ogg|opus)$/.test(file)) continue;
          const path = join(folder, file);
          const audio = await openRecording(path, {});
          const result = await diarize(audio, { ...models, confidence: undefined }, { ...defaults, confidence: true });
          await audio.close?.();
          const fold = number++ % FOLDS;
          for (const one of hearRecording(path, result)) found.push({ ...one, kind, fold });
          process.stderr.write(`${file}: ${result.speakers.length} speakers\n`);
        }
    }
    return found;
  } finally {
    await runtime.close();
  }
}

function fit(some: readonly Sample[], level: Level): MonotoneMap {
  const own = some.filter((sample) => sample.level === level);
  const weightOf = new Map(kinds.map(({ name }) => [name, sum(own.filter(({ kind }) => kind === name))]));
  const balanced = own.map((sample) => ({ ...sample, weight: sample.weight / weightOf.get(sample.kind)! }));
  const rounded = (value: number): number => Math.round(value * 1e4) / 1e4;
  return fitMonotone(balanced).map(([raw, value]) => [rounded(raw), rounded(Math.min(0.99, Math.max(0.01, value)))]);
}

function report(): void {
  for (const { level, raw, scored } of heldOut) {
    console.log(`\n### ${level}\n`);
    const names = kinds.map(({ name }) => name);
    console.log(`| score | ${names.map((name) => `${name}: how much | mean score | right`).join(' | ')} |`);
    console.log(`|---|${names.map(() => '---|---|---').join('|')}|`);
    const tables = names.map((name) => reliability(scored.filter(({ kind }) => kind === name)));
    tables[0].forEach(({ from, to }, i) => {
      const cells = tables.map((table) => {
        const { weight, score, outcome } = table[i];
        return weight === 0
          ? '– | – | –'
          : `${amount(weight, level)} | ${Math.round(100 * score)} | ${Math.round(100 * outcome)} %`;
      });
      console.log(`| ${100 * from} to ${Math.round(100 * to)} | ${cells.join(' | ')} |`);
    });
    const errors = names.map((name) => {
      const [before, after] = [raw, scored].map((some) => calibrationError(some.filter(({ kind }) => kind === name)));
      return `${name}: ${points(before)} as it is, ${points(after)} calibrated`;
    });
    console.log(`\nMean distance of score and truth, in points: ${errors.join('; ')}.`);
  }
}

function amount(weight: number, level: Level): string {
  return level === 'speaker' ? `${weight}` : `${Math.round(weight)} s`;
}

function points(error: number): string {
  return (100 * error).toFixed(1);
}

function picture(): string {
  const panels = heldOut.map(({ level, raw, scored }) => ({
    title: `${level}s`,
    before: reliability(raw).filter(({ weight }) => weight > 0),
    kinds: kinds.map(({ name }) => ({
      name,
      bins: reliability(scored.filter(({ kind }) => kind === name)).filter(({ weight }) => weight > 0),
    })),
  }));
  return reliabilityPicture(panels, {
    title: `How often is confidence right? Model ${values.model}, recordings held out`,
  });
}

/** Into the manifest's text, before its files: the rest stays as its writer laid it out. */
async function writeManifest(path: string): Promise<void> {
  const counts = kinds.map(({ name }) => {
    const own = samples.filter(({ kind }) => kind === name);
    const seconds = Math.round(sum(own.filter(({ level }) => level === 'frame')));
    return `${seconds} s of ${name} (${own.filter(({ level }) => level === 'speaker').length} speakers found)`;
  });
  const origin = `rising curves on ${counts.join(' and ')}, each kind weighing alike (engine/bench/calibrateConfidence.ts)`;
  const confidence: ConfidenceMaps = { ...curves, origin };
  const lines = Object.entries(confidence).map(([key, value]) => {
    if (typeof value === 'string') return `    "${key}": ${JSON.stringify(value)}`;
    const knots = (value as MonotoneMap).map(([raw, right]) => `      [${raw}, ${right}]`);
    return `    "${key}": [\n${knots.join(',\n')}\n    ]`;
  });
  const before = readFileSync(path, 'utf8').replace(/\n {2}"confidence": \{[\s\S]*?\n {2}\},/, '');
  const text = before.replace(/\n {2}"files": /, `\n  "confidence": {\n${lines.join(',\n')}\n  },$&`);
  parseManifest(JSON.parse(text), path);
  await writeWhole(path, text);
}

function sum(some: readonly Observed[]): number {
  return some.reduce((total, { weight }) => total + weight, 0);
}
