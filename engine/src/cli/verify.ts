import { Command } from 'commander';
import { AudioError, FormatError } from '../core/errors.ts';
import { readText } from '../node/readText.ts';
import { writeWhole } from '../node/writeWhole.ts';
import { type Calibration, type Verification, verify as verifyEmbeddings } from '../toolkit/index.ts';
import { addTaskOptions, type TaskFlags, tellWarnings, withToolkit } from './eachRecording.ts';
import { embeddingOf } from './embed.ts';
import { expandInputs } from './inputs.ts';
import { finite, share } from './optionReaders.ts';
import { asksForJson, checkPlace, refuseInput } from './outputs.ts';

/** `diarist verify a.wav b.wav`: whether one person speaks in both. */
export interface VerifyFlags extends TaskFlags {
  readonly threshold?: number;
  readonly prior?: number;
  readonly calibration?: string;
  readonly json?: boolean;
  readonly output?: string;
}

/** Seconds; calibrations are fitted on pieces of at least this. */
const LITTLE_SPEECH = 2;

export function verifyCommand(): Command {
  const command = new Command('verify')
    .description('Tell whether the same person speaks in two recordings')
    .argument('<a>', 'a recording of one voice')
    .argument('<b>', 'another')
    .option('-m, --model <name>', 'a model with an embedding network, or its folder or file (default: embedded)')
    .option('--threshold <cosine>', 'decide at this score, not where the probability is one half', finite)
    .option('--prior <probability>', 'that it is the same person, before anything is heard (default: 0.5)', share)
    .option(
      '--calibration <file>',
      "from scores to probabilities, as `diarist trials --calibrate` writes it (default: the model's)",
    )
    .option('--json', 'print JSON')
    .option('-o, --output <file>', 'where to write, - for standard output', '-');
  return addTaskOptions(command)
    .addHelpText('after', '\nExample:\n  diarist verify anna.wav unknown.wav')
    .action((a: string, b: string, flags: VerifyFlags) => verify(a, b, flags));
}

export async function verify(a: string, b: string, flags: VerifyFlags = {}): Promise<void> {
  const inputs = [a, b].flatMap((path) => expandInputs([path]));
  if (inputs.length !== 2) throw new RangeError(`Got ${inputs.length} recordings when two are to be compared.`);
  checkPlace(flags.output ?? '-');
  refuseInput([flags.output], [flags.calibration]);
  const json = asksForJson(flags);
  const given = flags.calibration === undefined ? undefined : await readCalibration(flags.calibration);
  const recordings = inputs.map((input) => input.open());
  let written = '';
  const { readSamples } = await import('../node/toolkit.ts');
  await withToolkit(flags, embeddingOf(flags.model), 2, async ({ toolkit, hearing, tell }, progressOf) => {
    const { name, id: model, verification } = await toolkit.embeddingModel();
    const embeddings: { model: string; vector: Float32Array; duration: number; speech: number }[] = [];
    for (const [i, recording] of recordings.entries()) {
      const { label } = inputs[i];
      const samples = await readSamples(recording, hearing);
      tellWarnings({ tell }, inputs[i], samples.warnings);
      const speech = await toolkit.speechDuration(samples, { signal: hearing.signal });
      if (speech === 0)
        throw new AudioError('audio_invalid', `No speech was found in ${label}: there is no voice to compare.`);
      if (speech < LITTLE_SPEECH) tell(`${label}: warning: only ${speech.toFixed(1)} s of speech; expect errors.`);
      const { vector, duration } = await toolkit.embed(samples, { ...hearing, observe: progressOf(label) });
      embeddings.push({ model, vector, duration, speech });
    }
    const [first, second] = embeddings;
    const { threshold, prior } = flags;
    const found = verifyEmbeddings(first, second, { calibration: given ?? verification, threshold, prior });
    const facts = {
      a,
      b,
      durations: embeddings.map(({ duration }) => duration),
      speech: embeddings.map(({ speech }) => speech),
      model: name,
    };
    written = json ? `${JSON.stringify({ ...facts, ...found }, undefined, 2)}\n` : told(found, name, prior ?? 0.5);
  });
  await writeWhole(flags.output ?? '-', written);
}

function told(found: Verification, model: string, prior: number): string {
  const { score, probability, same, threshold, thresholdOrigin } = found;
  const lines = [`score        ${score.toFixed(3)}  cosine of two voices (${model})`];
  if (probability !== undefined)
    lines.push(`probability  ${percent(probability)}  that it is one person, with a prior of ${prior}`);
  lines.push(
    same === undefined || threshold === undefined
      ? 'decision     none'
      : `decision     ${same ? 'the same person' : 'two people'}: the score is ${same ? 'at least' : 'below'} ${threshold.toFixed(3)}`,
  );
  lines.push(`threshold    ${thresholdOrigin}`);
  return `${lines.join('\n')}\n`;
}

/** Never 0 or 100: no fit on a few thousand trials knows that. */
function percent(probability: number): string {
  const shown = 100 * Math.min(0.999, Math.max(0.001, probability));
  return `${probability > 0.999 ? '> ' : probability < 0.001 ? '< ' : ''}${shown.toFixed(1)} %`;
}

/** `{"slope": 16.7, "intercept": -7.4, "origin": "…"}`. */
export async function readCalibration(file: string): Promise<Calibration> {
  let json: unknown;
  try {
    json = JSON.parse(await readText(file));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new FormatError(`is not JSON: ${cause.message}`, { file }, { cause });
  }
  const { slope, intercept, origin = file } = (json ?? {}) as Partial<Calibration>;
  if (typeof slope !== 'number' || !(slope > 0) || typeof intercept !== 'number' || typeof origin !== 'string')
    throw new FormatError('expected an object with slope (above 0), intercept and origin', { file });
  return { slope, intercept, origin };
}
