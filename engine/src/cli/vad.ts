import { readFileSync, statSync } from 'node:fs';
import { Command, Option } from 'commander';
import type { Timeline } from '../core/timeline.ts';
import { formatByName, type TextAnnotation } from '../formats/index.ts';
import { readOnnxInfo } from '../model/graphInfo.ts';
import type { Heard, ToolkitOptions } from '../node/toolkit.ts';
import { writeWhole } from '../node/writeWhole.ts';
import type { Detection, DetectOptions } from '../toolkit/index.ts';
import { addTaskOptions, eachRecording, type TaskFlags, tellWarnings } from './eachRecording.ts';
import { expandInputs } from './inputs.ts';
import { seconds, share } from './optionReaders.ts';
import { type OutputFlags, type OutputPlan, planOutput, TURN_FORMATS } from './outputs.ts';
import { scoresPlace, writeScores } from './scoresFile.ts';

/** `diarist vad meeting.mp3`: where somebody talks. */
export interface DetectionFlags extends TaskFlags, OutputFlags {
  readonly onset?: number;
  readonly offset?: number;
  readonly minDurationOn?: number;
  readonly minDurationOff?: number;
  readonly step?: number;
  readonly soft?: boolean;
  readonly scores?: string;
}

interface VadFlags extends DetectionFlags {
  readonly pad?: number;
  readonly maxDuration?: number;
}

export function vadCommand(): Command {
  const command = new Command('vad')
    .description('Find where somebody talks')
    .argument('<recording...>', 'files, globs, URLs, or - for standard input')
    .option('-m, --model <name>', 'segmentation: a model with such a network, or its file; or silero', 'segmentation');
  addDetectionOptions(command, { offset: '0.15 less', minDurationOn: '0.25', minDurationOff: '0.1' })
    .option('--pad <seconds>', 'silero: lengthen each stretch at both ends (default: 0.03)', seconds)
    .option('--max-duration <seconds>', 'silero: cut longer stretches at their longest pause', seconds);
  addResultFileOptions(command);
  return addTaskOptions(command)
    .addHelpText('after', '\nWithout --format and --output: RTTM with the speaker SPEECH.')
    .addHelpText('after', '\nExamples:\n  diarist vad meeting.mp3 --min-duration-off 0.3 -o speech.lab')
    .addHelpText('after', '  diarist vad meeting.mp3 --model silero --onset 0.6 --scores speech.npy')
    .action((paths: string[], flags: VadFlags) => vad(paths, flags));
}

export async function vad(paths: readonly string[], flags: VadFlags = {}): Promise<void> {
  const { pad, maxDuration } = flags;
  const { silero, options } = networkOf(flags.model ?? 'segmentation');
  if (!silero) {
    for (const [name, value] of Object.entries({ '--pad': pad, '--max-duration': maxDuration }))
      if (value !== undefined) throw new RangeError(`Got ${name}, which only --model silero has.`);
  } else if (flags.step !== undefined || flags.soft) {
    throw new RangeError(`Got ${flags.soft ? '--soft' : '--step'}, which --model silero does not have.`);
  }
  await detections(paths, flags, options, 'SPEECH', async (recording, { toolkit, hearing }) =>
    silero
      ? toolkit.speechSilero(recording, {
          ...hearing,
          threshold: flags.onset,
          negThreshold: flags.offset,
          minSpeech: flags.minDurationOn,
          minSilence: flags.minDurationOff,
          pad,
          maxSpeech: maxDuration,
        })
      : toolkit.speech(recording, { ...hearing, ...thresholdsOf(flags) }),
  );
}

/** `silero`, a model of it, or its file; anything else has a segmentation network. */
function networkOf(model: string): {
  silero: boolean;
  options: Pick<ToolkitOptions, 'model' | 'segmentation' | 'silero'>;
} {
  if (model === 'segmentation') return { silero: false, options: {} };
  if (model === 'silero') return { silero: true, options: {} };
  if (/^silero-/.test(model)) return { silero: true, options: { silero: model } };
  if (!statSync(model, { throwIfNoEntry: false })?.isFile()) return { silero: false, options: { model } };
  const inputs = readOnnxInfo(readFileSync(model), model).inputs.map(({ name }) => name);
  const silero = inputs.includes('input') && (inputs.includes('state') || inputs.includes('h'));
  return { silero, options: silero ? { silero: model } : { segmentation: model } };
}

/** The defaults of Silero are for the command that has it. */
interface SileroDefaults {
  readonly offset: string;
  readonly minDurationOn: string;
  readonly minDurationOff: string;
}

export function addDetectionOptions(command: Command, silero?: SileroDefaults): Command {
  const or = (name: keyof SileroDefaults) => (silero === undefined ? '' : `; silero: ${silero[name]}`);
  return command
    .option('--onset <score>', 'a stretch begins above this score (default: 0.5)', share)
    .option('--offset <score>', `and ends below this one (default: the onset${or('offset')})`, share)
    .option('--min-duration-on <seconds>', `drop shorter stretches (default: 0${or('minDurationOn')})`, seconds)
    .option('--min-duration-off <seconds>', `fill shorter gaps (default: 0${or('minDurationOff')})`, seconds)
    .option('--step <seconds>', 'from one window to the next (default: a tenth of the window)', seconds)
    .option('--soft', 'scores from probabilities in place of decisions (pyannote decides)');
}

export function addResultFileOptions(command: Command): Command {
  const names = TURN_FORMATS.map(({ name }) => name);
  return command
    .option('--scores <path>', 'also write the score of each frame: a .npy or .json file, or a folder/')
    .option('-o, --output <path>', 'a file, a folder/ for a file each, - for standard output')
    .addOption(
      new Option('-f, --format <name>', "default: what the output's name says, otherwise rttm")
        .choices(names)
        .argParser((name) => formatByName(name).name),
    )
    .option('--json', 'the same as --format json');
}

/** What the engine is told; what is undefined keeps its default there. */
export function thresholdsOf({
  onset,
  offset,
  minDurationOn,
  minDurationOff,
  step,
  soft,
}: DetectionFlags): Pick<DetectOptions, 'onset' | 'offset' | 'minDurationOn' | 'minDurationOff' | 'step' | 'soft'> {
  return { onset, offset, minDurationOn, minDurationOff, step, soft };
}

/** Stretches of one label for each recording, and their scores. */
export async function detections(
  paths: readonly string[],
  flags: DetectionFlags,
  options: Parameters<typeof eachRecording>[2],
  label: string,
  detect: (
    recording: Parameters<Parameters<typeof eachRecording>[3]>[0],
    context: Parameters<Parameters<typeof eachRecording>[3]>[2],
  ) => Promise<Heard<Detection>>,
): Promise<void> {
  const inputs = expandInputs(paths);
  const plan = planOutput(inputs, flags, { terminal: false });
  const place = flags.scores === undefined ? undefined : scoresPlace(flags.scores, inputs, plan.target);
  const results: TextAnnotation[] = [];
  const failed = await eachRecording(paths, flags, options, async (recording, input, context) => {
    const { segments, scores, duration, warnings } = await detect(recording, context);
    tellWarnings(context, input, warnings);
    if (place !== undefined) {
      const facts = { uri: input.uri, duration, grid: scores.grid };
      await writeScores(place(input), { shape: [scores.numFrames], data: scores.data, facts });
    }
    const result = { uri: input.uri, duration, turns: labelled(segments, label) };
    context.clear();
    if (plan.write === 'each') await writeResults(plan, [result]);
    else results.push(result);
  });
  if (results.length > 0) await writeResults(plan, results);
  if (failed !== undefined) throw failed;
}

export function writeResults(
  { format, target, write: when }: OutputPlan,
  results: readonly TextAnnotation[],
): Promise<void> {
  const { write } = format === 'person' ? formatByName('txt') : format;
  return writeWhole(target({ uri: results[0].uri ?? '' }), write!(results, { list: when === 'together' }));
}

function labelled(segments: Timeline, speaker: string): TextAnnotation['turns'] {
  return segments.map((segment) => ({ ...segment, speaker }));
}
