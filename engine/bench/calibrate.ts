// Fits the calibration of an embedding model on speakers that it has never heard:
//
//   node engine/bench/calibrate.ts CORPUS [--model NAME]
//
// CORPUS has one sound file a speaker and manifest.jsonl, a line an utterance (file, offset, duration, speaker, source,
// split). The utterances of a held-out speaker (split "val") are cut, in order, into pieces of 2, 4, 8, 2, 4, 8 … s; at
// most nine a speaker. A trial is two pieces of one source, of one speaker or of two: then the microphone and the room
// don't tell them apart. Piece by piece as `diarist verify` would hear them. Prints JSON: the numbers for the model's
// manifest (`verification`), error rates, and what each fold of speakers says of a line fitted on the others.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openAudio } from '../src/node/decode/openAudio.ts';
import { openToolkit } from '../src/node/toolkit.ts';
import { calibrationCost, fitCalibration, probabilityOf } from '../src/toolkit/verification/calibration.ts';
import { detCurve, minDetectionCost } from '../src/toolkit/verification/detCurve.ts';
import type { Trial } from '../src/toolkit/verification/trial.ts';
import { similarity } from '../src/toolkit/verification/verify.ts';

interface Utterance {
  readonly file: string;
  readonly offset: number;
  readonly duration: number;
  readonly speaker: string;
  readonly source: string;
  readonly split: string;
}

interface Piece {
  readonly speaker: string;
  readonly source: string;
  readonly seconds: number;
  readonly vector: Float32Array;
}

type PairTrial = Trial & { readonly speakers: readonly [string, string]; readonly shortest: number };

const RATE = 16000;
const LENGTHS = [2, 4, 8];
const MAX_PIECES = 9;
const FOLDS = 5;

const { positionals, values } = parseArgs({ allowPositionals: true, options: { model: { type: 'string' } } });
const [corpus] = positionals;
if (corpus === undefined) throw new RangeError('Say where the corpus is: node engine/bench/calibrate.ts CORPUS');

const held = readFileSync(join(corpus, 'manifest.jsonl'), 'utf8')
  .split('\n')
  .filter(Boolean)
  .map((line) => JSON.parse(line) as Utterance)
  .filter(({ split }) => split === 'val');
const bySpeaker = grouped(held, ({ speaker }) => speaker);

const toolkit = await openToolkit({ model: values.model, threads: 1, device: 'cpu' });
const pieces: Piece[] = [];
for (const [speaker, utterances] of bySpeaker) {
  const speech = await speechOf(utterances);
  for (let at = 0, count = 0; count < MAX_PIECES; count++) {
    const seconds = LENGTHS[count % LENGTHS.length];
    if (at + seconds * RATE > speech.length) break;
    const samples = speech.slice(at, at + seconds * RATE);
    at += samples.length;
    const { vector } = await toolkit.embed({ sampleRate: RATE, samples });
    pieces.push({ speaker, source: utterances[0].source, seconds, vector });
  }
}
const { name } = await toolkit.embeddingModel();
await toolkit.close();

const trials = pieces.flatMap((a, i) =>
  pieces.slice(i + 1).flatMap((b): PairTrial[] => {
    if (a.source !== b.source) return [];
    const score = similarity({ model: name, vector: a.vector }, { model: name, vector: b.vector });
    const shortest = Math.min(a.seconds, b.seconds);
    return [{ score, target: a.speaker === b.speaker, speakers: [a.speaker, b.speaker], shortest }];
  }),
);

const speakers = [...new Set(pieces.map(({ speaker }) => speaker))].sort();
const foldOf = new Map(speakers.map((speaker, i) => [speaker, i % FOLDS]));
const folds = Array.from({ length: FOLDS }, (_, fold) => {
  const inside = trials.filter(({ speakers: pair }) => pair.every((speaker) => foldOf.get(speaker) === fold));
  const outside = trials.filter(({ speakers: pair }) => pair.every((speaker) => foldOf.get(speaker) !== fold));
  const { slope, intercept, origin } = fitCalibration(outside);
  const wrong = (target: boolean): number => {
    const own = inside.filter((trial) => trial.target === target);
    return (
      own.filter(({ score }) => probabilityOf(score, { slope, intercept, origin }) >= 0.5 !== target).length /
      own.length
    );
  };
  return {
    slope,
    intercept,
    trials: inside.length,
    cost: calibrationCost(inside, { slope, intercept, origin }),
    missAtHalf: wrong(true),
    falseAlarmAtHalf: wrong(false),
  };
});

const rates = (some: readonly Trial[]) => {
  const curve = detCurve(some);
  return {
    targets: curve.numTargets,
    others: curve.numOthers,
    equalErrorRate: curve.equalErrorRate,
    equalErrorThreshold: curve.equalErrorThreshold,
    minDetectionCost: minDetectionCost(curve).cost,
    minDetectionCost05: minDetectionCost(curve, { priorTarget: 0.05 }).cost,
  };
};
const { slope, intercept, origin } = fitCalibration(trials);
console.log(
  JSON.stringify(
    {
      model: name,
      speakers: speakers.length,
      pieces: pieces.length,
      calibration: { slope, intercept },
      threshold: -intercept / slope,
      cost: calibrationCost(trials, { slope, intercept, origin }),
      all: rates(trials),
      byShortest: Object.fromEntries(
        LENGTHS.map((seconds) => [seconds, rates(trials.filter(({ shortest }) => shortest === seconds))]),
      ),
      bySource: Object.fromEntries(
        [...grouped(pieces, ({ source }) => source)].map(([source, own]) => [
          source,
          {
            speakers: new Set(own.map(({ speaker }) => speaker)).size,
            pieces: own.length,
          },
        ]),
      ),
      folds,
    },
    undefined,
    2,
  ),
);

/** The utterances one after the other, as they were spoken. */
async function speechOf(utterances: readonly Utterance[]): Promise<Float32Array> {
  const blocks: Float32Array[] = [];
  for await (const block of (await openAudio(join(corpus, utterances[0].file))).blocks) blocks.push(block);
  const sound = joined(blocks);
  const parts = utterances
    .toSorted((a, b) => a.offset - b.offset)
    .map(({ offset, duration }) => sound.subarray(Math.round(offset * RATE), Math.round((offset + duration) * RATE)));
  return joined(parts);
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) groups.set(keyOf(item), [...(groups.get(keyOf(item)) ?? []), item]);
  return groups;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
