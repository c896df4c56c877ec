import { Command, Option } from 'commander';
import type { TextAnnotation } from '../formats/index.ts';
import { windowTurns } from '../toolkit/index.ts';
import { addTaskOptions, eachRecording, tellWarnings } from './eachRecording.ts';
import { expandInputs } from './inputs.ts';
import { seconds, share } from './optionReaders.ts';
import { planOutput } from './outputs.ts';
import { segmentationOf } from './overlap.ts';
import { scoresPlace, writeScores } from './scoresFile.ts';
import { addResultFileOptions, type DetectionFlags, thresholdsOf, writeResults } from './vad.ts';

/** `diarist segment meeting.mp3`: who talks when within a few seconds, as the segmentation network alone hears it. */
interface SegmentFlags extends Omit<DetectionFlags, 'soft'> {
  readonly per?: 'recording' | 'window';
}

export function segmentCommand(): Command {
  const command = new Command('segment')
    .description('Tell speakers apart within a few seconds, without knowing voices')
    .argument('<recording...>', 'files, globs, URLs, or - for standard input')
    .option('-m, --model <name>', 'a model with a segmentation network, or its folder or file (default: embedded)')
    .addOption(
      new Option('--per <what>', 'windows joined where they hear the same person, or each window by itself')
        .choices(['recording', 'window'])
        .default('recording'),
    )
    .option('--onset <score>', 'a turn begins above this score (default: 0.5)', share)
    .option('--offset <score>', 'and ends below this one (default: the onset)', share)
    .option('--min-duration-on <seconds>', 'drop shorter turns (default: 0)', seconds)
    .option('--min-duration-off <seconds>', 'fill shorter gaps of one speaker (default: 0)', seconds)
    .option('--step <seconds>', 'from one window to the next (default: a tenth of the window)', seconds);
  addResultFileOptions(command);
  return addTaskOptions(command)
    .addHelpText('after', '\nSpeakers are LOCAL_000 …, or 3.1 for the second speaker of the fourth window.')
    .addHelpText('after', '--scores writes what each window hears: (window, frame, speaker), 0 or 1.')
    .addHelpText('after', '\nExample:\n  diarist segment meeting.mp3 --min-duration-off 0.2 -o local.rttm')
    .action((paths: string[], flags: SegmentFlags) => segment(paths, flags));
}

export async function segment(paths: readonly string[], flags: SegmentFlags = {}): Promise<void> {
  const inputs = expandInputs(paths);
  const plan = planOutput(inputs, flags, { terminal: false });
  const place = flags.scores === undefined ? undefined : scoresPlace(flags.scores, inputs, plan.target);
  const { soft: _, step, ...thresholds } = thresholdsOf(flags);
  const results: TextAnnotation[] = [];
  const failed = await eachRecording(paths, flags, segmentationOf(flags.model), async (recording, input, context) => {
    const { uri } = input;
    const found = await context.toolkit.segment(recording, { ...context.hearing, ...thresholds, step });
    const { windows, duration, warnings } = found;
    tellWarnings(context, input, warnings);
    if (place !== undefined) {
      const { chunks, grid, numChunks, numFrames, width, data } = windows;
      await writeScores(place(input), {
        shape: [numChunks, numFrames, width],
        data,
        facts: { uri, duration, chunks, grid },
      });
    }
    const turns = flags.per === 'window' ? [...windowTurns(windows, thresholds)].flat() : found.turns;
    context.clear();
    if (plan.write === 'each') await writeResults(plan, [{ uri, duration, turns }]);
    else results.push({ uri, duration, turns });
  });
  if (results.length > 0) await writeResults(plan, results);
  if (failed !== undefined) throw failed;
}
