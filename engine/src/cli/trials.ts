import { dirname, isAbsolute, join } from 'node:path';
import { Command } from 'commander';
import { FormatError } from '../core/errors.ts';
import { readText } from '../node/readText.ts';
import { writeWhole } from '../node/writeWhole.ts';
import {
  type Calibration,
  calibrationCost,
  type DetCurve,
  detCurve,
  detPicture,
  type Embedding,
  fitCalibration,
  type ListedTrial,
  minDetectionCost,
  parseTrials,
  pyannoteEqualErrorRate,
  similarity,
  type Trial,
} from '../toolkit/index.ts';
import { addTaskOptions, type TaskFlags, tellWarnings, withToolkit } from './eachRecording.ts';
import { embeddingOf } from './embed.ts';
import { expandInput } from './inputs.ts';
import { share } from './optionReaders.ts';
import { asksForJson, checkPlace, refuseInput, refuseSamePlace } from './outputs.ts';
import { readCalibration } from './verify.ts';

/** `diarist trials list.txt`: how often verification errs on trials whose answer is known. */
interface TrialsFlags extends TaskFlags {
  readonly root?: string;
  readonly scores?: string;
  readonly det?: string;
  readonly calibration?: string;
  readonly calibrate?: string;
  readonly priorTarget?: number;
  readonly json?: boolean;
  readonly output?: string;
}

export function trialsCommand(): Command {
  const command = new Command('trials')
    .description('Measure verification on a list of trials: equal error rate, detection cost, DET plot')
    .argument('<list>', 'a line a trial: `1 a.wav b.wav`, `a.wav b.wav target`, or an answer and a score')
    .option('-m, --model <name>', 'a model with an embedding network, or its folder or file (default: embedded)')
    .option('--root <folder>', "where the recordings are (default: the list's folder)")
    .option('--scores <file>', 'also write the trials with their scores, to be read again as a list')
    .option('--det <file>', 'also write the DET curve: .svg or .json')
    .option('--prior-target <probability>', 'of the same speaker, for the detection cost (default: 0.01)', share)
    .option('--calibration <file>', "judge this calibration (default: the model's)")
    .option('--calibrate <file>', 'fit a calibration on these trials and write it, for `diarist verify --calibration`')
    .option('--json', 'print JSON')
    .option('-o, --output <file>', 'where to write, - for standard output', '-');
  return addTaskOptions(command)
    .addHelpText('after', '\nExample:\n  diarist trials voxceleb1-o.txt --root wav/ --det det.svg')
    .action((list: string, flags: TrialsFlags) => trials(list, flags));
}

export async function trials(list: string, flags: TrialsFlags = {}): Promise<void> {
  const { det, priorTarget = 0.01 } = flags;
  if (det !== undefined && !/\.(svg|json)$/i.test(det))
    throw new RangeError(`Got '${det}' for the DET curve; expected a name that ends in .svg or .json.`);
  const outputs = [flags.output ?? '-', flags.scores, det, flags.calibrate];
  for (const file of outputs) checkPlace(file ?? '-');
  refuseSamePlace(outputs);
  refuseInput(outputs, [list, flags.calibration]);
  const forProgram = asksForJson(flags);
  const listed = parseTrials(await readText(list), { file: list });
  if (listed.length === 0) throw new FormatError('holds no trials', { file: list });
  const given = flags.calibration === undefined ? undefined : await readCalibration(flags.calibration);
  const { scored, model, verification } = await scoresOf(listed, list, flags);
  const curve = detCurve(scored);
  const calibration = given ?? verification;
  const report = {
    trials: { sameSpeaker: curve.numTargets, twoSpeakers: curve.numOthers },
    ...(model === undefined ? {} : { model }),
    equalErrorRate: curve.equalErrorRate,
    equalErrorThreshold: curve.equalErrorThreshold,
    pyannoteEqualErrorRate: pyannoteEqualErrorRate(curve),
    minDetectionCost: { priorTarget, ...minDetectionCost(curve, { priorTarget }) },
    ...(calibration === undefined
      ? {}
      : { calibration: { cost: calibrationCost(scored, calibration), origin: calibration.origin } }),
  };
  if (flags.scores !== undefined)
    await writeWhole(flags.scores, listed.map((trial, i) => line(trial, scored[i].score)).join(''));
  if (det !== undefined)
    await writeWhole(det, det.toLowerCase().endsWith('.svg') ? detPicture(curve) : json(points(curve)));
  if (flags.calibrate !== undefined) {
    const origin = `logistic regression on ${curve.numTargets} trials of one speaker and ${curve.numOthers} of two of ${list}`;
    await writeWhole(flags.calibrate, json(fitCalibration(scored, { origin })));
  }
  await writeWhole(flags.output ?? '-', forProgram ? json(report) : told(report));
}

interface Scored {
  readonly scored: readonly Trial[];
  readonly model?: string;
  readonly verification?: Calibration;
}

/** Scores that are in the list, or those of its recordings, each heard once. */
async function scoresOf(listed: readonly ListedTrial[], list: string, flags: TrialsFlags): Promise<Scored> {
  const isScored = listed.map((trial) => 'score' in trial);
  if (isScored.every(Boolean)) return { scored: listed as readonly Trial[] };
  if (isScored.some(Boolean))
    throw new FormatError('has trials with scores and trials with recordings: keep one kind', { file: list });
  const pairs = listed as readonly Extract<ListedTrial, { readonly enroll: string }>[];
  const root = flags.root ?? (list === '-' ? '.' : dirname(list));
  const embeddings = new Map<string, Embedding>();
  let loaded: { name: string; verification?: Calibration } | undefined;
  const names = [...new Set(pairs.flatMap(({ enroll, test }) => [enroll, test]))];
  // one that is missing is told before thousands are heard
  const recordings = names.map((file) => {
    const input = expandInput(isAbsolute(file) || /^https?:/i.test(file) ? file : join(root, file));
    return { input, recording: input.open() };
  });
  await withToolkit(flags, embeddingOf(flags.model), names.length, async ({ toolkit, hearing, tell }, progressOf) => {
    const { name, id, verification } = await toolkit.embeddingModel();
    loaded = { name, verification };
    for (const [i, file] of names.entries()) {
      const { input, recording } = recordings[i];
      const { vector, warnings } = await toolkit.embed(recording, hearing);
      tellWarnings({ tell }, input, warnings);
      embeddings.set(file, { model: id, vector });
      progressOf('trials')({ type: 'progress', stage: 'embedding', done: i + 1, total: names.length });
    }
  });
  const scored = pairs.map(({ target, enroll, test }) => ({
    target,
    score: similarity(embeddings.get(enroll) as Embedding, embeddings.get(test) as Embedding),
  }));
  return { scored, model: loaded?.name, verification: loaded?.verification };
}

/** The answer and the score, then which recordings: without these `diarist trials` reads it again. */
function line(trial: ListedTrial, score: number): string {
  const names = 'enroll' in trial ? `\t# ${trial.enroll} ${trial.test}` : '';
  return `${trial.target ? 1 : 0}\t${score}${names}\n`;
}

function points({ falseAlarm, miss, thresholds, equalErrorRate }: DetCurve): object {
  return {
    equalErrorRate,
    falseAlarm: [...falseAlarm],
    miss: [...miss],
    // Infinity, at which nothing is accepted, has no place in JSON
    thresholds: Array.from(thresholds, (threshold) => (Number.isFinite(threshold) ? threshold : null)),
  };
}

interface Report {
  readonly trials: { readonly sameSpeaker: number; readonly twoSpeakers: number };
  readonly model?: string;
  readonly equalErrorRate: number;
  readonly equalErrorThreshold: number;
  readonly minDetectionCost: { readonly priorTarget: number; readonly cost: number; readonly threshold: number };
  readonly calibration?: { readonly cost: number; readonly origin: string };
}

function told({ trials: { sameSpeaker, twoSpeakers }, ...report }: Report): string {
  const { cost, threshold, priorTarget } = report.minDetectionCost;
  return [
    `trials       ${sameSpeaker} of one speaker, ${twoSpeakers} of two${report.model === undefined ? '' : ` (${report.model})`}`,
    `EER          ${(100 * report.equalErrorRate).toFixed(2)} %  at a score of ${report.equalErrorThreshold.toFixed(3)}`,
    `minDCF       ${cost.toFixed(3)}  at ${threshold === Number.POSITIVE_INFINITY ? 'accepting nothing' : threshold.toFixed(3)}, with a prior of ${priorTarget}`,
    ...(report.calibration === undefined
      ? []
      : [`Cllr         ${report.calibration.cost.toFixed(3)} bits a trial  (${report.calibration.origin})`]),
    '',
  ].join('\n');
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
