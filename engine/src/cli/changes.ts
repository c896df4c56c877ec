import { Command, Option } from 'commander';
import { fixed3 } from '../formats/fixed.ts';
import { writeWhole } from '../node/writeWhole.ts';
import type { SpeakerChange } from '../toolkit/index.ts';
import { addTaskOptions, eachRecording, type TaskFlags, tellWarnings } from './eachRecording.ts';
import { expandInputs } from './inputs.ts';
import { seconds, share } from './optionReaders.ts';
import { checkPlace, endingOf, refuseSameName } from './outputs.ts';
import { segmentationOf } from './overlap.ts';
import { scoresPlace, writeScores } from './scoresFile.ts';

/** `diarist changes meeting.mp3`: when the people who talk change. */
interface ChangeFlags extends TaskFlags {
  readonly between?: 'any' | 'speakers';
  readonly threshold?: number;
  readonly minDuration?: number;
  readonly tolerance?: number;
  readonly step?: number;
  readonly scores?: string;
  readonly format?: 'txt' | 'csv' | 'json';
  readonly json?: boolean;
  readonly output?: string;
}

interface Found {
  readonly uri: string;
  readonly duration: number;
  readonly changes: readonly SpeakerChange[];
}

export function changesCommand(): Command {
  const command = new Command('changes')
    .description('Find when the people who talk change')
    .argument('<recording...>', 'files, globs, URLs, or - for standard input')
    .option('-m, --model <name>', 'a model with a segmentation network, or its folder or file (default: embedded)')
    .addOption(
      new Option('--between <what>', 'any change, beginnings and ends of speech too; or who did not talk before begins')
        .choices(['any', 'speakers'])
        .default('any'),
    )
    .option('--threshold <score>', 'leave out weaker changes (default: 0.3)', share)
    .option('--min-duration <seconds>', 'of closer changes keep the strongest (default: 0.1)', seconds)
    .option('--tolerance <seconds>', 'how far apart windows may see one change (default: 0.1)', seconds)
    .option('--step <seconds>', 'from one window to the next (default: a tenth of the window)', seconds)
    .option('--scores <path>', 'also write the score of each frame: a .npy or .json file, or a folder/')
    .option('-o, --output <file>', 'where to write, - for standard output', '-')
    .addOption(
      new Option('-f, --format <name>', "default: what the output's name says, otherwise txt").choices([
        'txt',
        'csv',
        'json',
      ]),
    )
    .option('--json', 'the same as --format json');
  return addTaskOptions(command)
    .addHelpText('after', '\nExample:\n  diarist changes meeting.mp3 --between speakers --json')
    .action((paths: string[], flags: ChangeFlags) => changes(paths, flags));
}

export async function changes(paths: readonly string[], flags: ChangeFlags = {}): Promise<void> {
  const { between, threshold, minDuration, tolerance, step, output = '-' } = flags;
  checkPlace(output);
  const format = formatOf(flags);
  const inputs = expandInputs(paths);
  refuseSameName(inputs, format);
  const place = flags.scores === undefined ? undefined : scoresPlace(flags.scores, inputs, () => output);
  const results: Found[] = [];
  const failed = await eachRecording(paths, flags, segmentationOf(flags.model), async (recording, input, context) => {
    const { uri } = input;
    const options = { ...context.hearing, between, threshold, minDuration, tolerance, step };
    const { scores, warnings, ...found } = await context.toolkit.changes(recording, options);
    tellWarnings(context, input, warnings);
    if (place !== undefined) {
      const facts = { uri, duration: found.duration, grid: scores.grid };
      await writeScores(place(input), { shape: [scores.numFrames], data: scores.data, facts });
    }
    results.push({ uri, ...found });
  });
  if (results.length > 0) await writeWhole(output, written(results, format, inputs.length > 1));
  if (failed !== undefined) throw failed;
}

function formatOf({ json, format, output = '-' }: ChangeFlags): 'txt' | 'csv' | 'json' {
  if (json && format !== undefined && format !== 'json') throw new RangeError(`Got --json and --format ${format}.`);
  return json ? 'json' : (format ?? endingOf(output, ['txt', 'csv', 'json']) ?? 'txt');
}

/** `txt`: time and score; the name before where there are several recordings. */
function written(results: readonly Found[], format: 'txt' | 'csv' | 'json', several: boolean): string {
  if (format === 'json') return `${JSON.stringify(several ? results : results[0], undefined, 2)}\n`;
  const rows = results.flatMap(({ uri, changes: found }) => found.map(({ time, score }) => ({ uri, time, score })));
  if (format === 'csv')
    return [
      'file,time,score\n',
      ...rows.map((row) => `${quoted(row.uri)},${fixed3(row.time)},${fixed3(row.score)}\n`),
    ].join('');
  const name = (uri: string): string => (several ? `${uri}\t` : '');
  return rows.map(({ uri, time, score }) => `${name(uri)}${fixed3(time)}\t${fixed3(score)}\n`).join('');
}

function quoted(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
