import { Command } from 'commander';
import { type Airtime, airtime } from '../core/airtime.ts';
import { annotation } from '../core/annotation.ts';
import { AudioError } from '../core/errors.ts';
import { labels } from '../core/labels.ts';
import { renameLabels } from '../core/rename.ts';
import { drawAirtime } from '../draw/terminalAirtime.ts';
import { printable } from '../draw/terminalTimeline.ts';
import { formatByFile, type TextAnnotation } from '../formats/index.ts';
import { writeWhole } from '../node/writeWhole.ts';
import { coloursFor, speakerPaint } from './colours.ts';
import { diarizeRecordings } from './diarize.ts';
import { addChannelsOption, addModelOptions, addSpeakerOptions, type DiarizeFlags } from './diarizeFlags.ts';
import { describeError, SomeFailed } from './errors.ts';
import { expandGlob, expandInputs, type InputRecording } from './inputs.ts';
import { interruptSignal } from './interrupts.ts';
import { addNamingOptions, namesGiven } from './naming.ts';
import { type Recording, readRecordings, refuseStdinTwice } from './recordings.ts';

/** `diarist airtime meeting.mp3` or `diarist airtime meeting.rttm`: how much each speaker spoke. */
export function airtimeCommand(): Command {
  const command = new Command('airtime')
    .description('How much each speaker spoke, and how much was overlap or silence')
    .argument('<input...>', 'recordings, or results in RTTM or another format that is read; - for RTTM from a pipe')
    .option('--json', 'print JSON')
    .option('-q, --quiet', 'no progress and no warnings on standard error');
  addModelOptions(addNamingOptions(addChannelsOption(addSpeakerOptions(command))));
  return command
    .addHelpText(
      'after',
      '\nExamples:\n  diarist airtime meeting.rttm\n  diarist airtime meeting.mp3 --num-speakers 3 --json',
    )
    .action(run);
}

async function run(args: string[], flags: DiarizeFlags, command: Command): Promise<void> {
  const paths = args.flatMap(expandGlob);
  refuseStdinTwice(paths);
  if (paths.every(isResult)) refuseOfRecordings(command);
  const colours = coloursFor(process.stdout);
  const width = Math.min(process.stdout.columns || 80, 160);
  const shared: (Airtime & { uri: string })[] = [];
  const failed = await eachAnnotation(paths, flags, async ({ uri = '', turns, duration }) => {
    const table = airtime(annotation(turns), { duration });
    shared.push({ uri, ...table });
    if (flags.json) return;
    const heading = `${shared.length > 1 ? '\n' : ''}${colours.bold(printable(uri))}\n`;
    await writeWhole('-', `${heading}${drawAirtime(table, { width, paint: speakerPaint(colours) })}\n`);
  });
  const document = shared.length === 1 && paths.length === 1 ? shared[0] : shared;
  if (flags.json && shared.length > 0) await writeWhole('-', `${JSON.stringify(document, undefined, 2)}\n`);
  if (failed !== undefined) throw failed;
}

/** What says how recordings are heard says nothing of results, whose speakers are told apart already. */
function refuseOfRecordings(command: Command): void {
  const names = command.options.map((option) => option.attributeName());
  const given = names.findIndex((name) => !OF_RESULTS.includes(name) && command.getOptionValueSource(name) === 'cli');
  if (given < 0) return;
  throw new RangeError(
    `Got ${command.options[given].long}, which is for recordings, when only results were named: leave it out.`,
  );
}

const OF_RESULTS: readonly string[] = ['names', 'json', 'quiet'];

/**
 * Results are read and recordings diarized, and each is used in the order given. One that fails is named, and the others go
 * on; the error about all that failed comes back. The error of a single one is thrown.
 */
async function eachAnnotation(
  paths: readonly string[],
  flags: DiarizeFlags,
  use: (found: TextAnnotation) => Promise<void>,
): Promise<Error | undefined> {
  const inputs = expandInputs(paths.filter((path) => !isResult(path)));
  const left = new Set(inputs.map(({ label }) => label)); // each recording once, wherever it is named again
  const steps = paths.flatMap((path): (string | InputRecording)[] =>
    isResult(path) ? [path] : expandInputs([path]).filter(({ label }) => left.delete(label)),
  );
  const failed: string[] = [];
  const fail = (label: string, error: unknown): void => {
    if (steps.length === 1) throw error;
    failed.push(label);
    process.stderr.write(`diarist: ${describeError(error, label)}\n`);
  };
  let misnamed: Error | undefined;
  let next = 0;
  /** Uses the results that were named before this recording, or all that are left. */
  async function useResults(until?: InputRecording): Promise<void> {
    for (; next < steps.length && steps[next] !== until; next++) {
      const step = steps[next];
      if (typeof step !== 'string') continue;
      let found: Recording[];
      try {
        found = await readRecordings(step);
      } catch (error) {
        fail(step, error);
        continue;
      }
      const speakers = new Set(found.flatMap(({ annotation: one }) => labels(one)));
      const { names, misfit } = namesGiven(flags.names ?? new Map(), [...speakers]);
      for (const { uri, stem, annotation: one } of found)
        await use({ ...one, ...renameLabels(one, names), uri: uri ?? stem });
      if (steps.length === 1) misnamed = misfit;
      else if (misfit !== undefined) fail(step, misfit);
    }
  }

  const recordings = steps.filter((step) => typeof step !== 'string');
  let error: unknown;
  if (recordings.length > 0) {
    await useResults(recordings[0]); // they need not wait for a model
    try {
      error = await diarizeRecordings(recordings, flags, async (found, input) => {
        await useResults(input);
        await use(found);
      });
    } catch (thrown) {
      interruptSignal().throwIfAborted();
      if (recordings.length === 1 && thrown instanceof AudioError) fail(recordings[0].label, thrown);
      else error = thrown;
    }
  }
  await useResults();
  if (error instanceof SomeFailed) failed.push(...error.failed);
  else if (error !== undefined) return error as Error;
  return failed.length > 0 ? new SomeFailed(failed, steps.length) : misnamed;
}

function isResult(path: string): boolean {
  return path === '-' || formatByFile(path)?.parse !== undefined;
}
