import { type Command, Option } from 'commander';
import type { Recording } from '../node/recording.ts';
import { DEVICES } from '../node/runtime/devices.ts';
import type { Toolkit, ToolkitOptions } from '../node/toolkit.ts';
import type { ToolkitEvent } from '../toolkit/index.ts';
import { coloursFor } from './colours.ts';
import { describeError, SomeFailed } from './errors.ts';
import { expandInputs, type InputRecording } from './inputs.ts';
import { interruptSignal } from './interrupts.ts';
import { collect, positive, whole } from './optionReaders.ts';
import { createProgress } from './progress.ts';
import { pullProgress } from './pullProgress.ts';

/** What `diarist vad`, `overlap`, `changes`, `segment` and `embed` have in common: one task, recording after recording. */
export interface TaskFlags {
  readonly model?: string;
  readonly acceptLicence?: readonly string[];
  readonly device?: ToolkitOptions['device'];
  readonly threads?: number;
  readonly channel?: number;
  readonly resampler?: 'torchaudio' | 'hq';
  readonly quiet?: boolean;
}

export function addTaskOptions(command: Command): Command {
  return command
    .optionsGroup('Sound and device:')
    .option('--channel <number>', 'hear only this channel, counted from 0 (default: the mean of all)', whole)
    .addOption(
      new Option('--resampler <kind>', 'to 16 kHz: as pyannote does, or at more than 100 dB')
        .choices(['torchaudio', 'hq'])
        .default('torchaudio'),
    )
    .option('--accept-licence <id>', 'agree to a non-commercial licence; remembered (repeatable)', collect)
    .addOption(new Option('--device <name>', 'what runs the networks (default: auto)').choices(DEVICES))
    .option('--threads <number>', 'inference threads (default: one a core)', positive)
    .option('-q, --quiet', 'no progress and no warnings on standard error');
}

/** What a task gets besides the recording. */
export interface TaskContext {
  readonly toolkit: Toolkit;
  readonly hearing: {
    readonly channel?: number;
    readonly resampler?: 'torchaudio' | 'hq';
    readonly signal: AbortSignal;
    readonly observe: (event: ToolkitEvent) => void;
  };
  /** A line on standard error that doesn't disturb the progress. */
  readonly tell: (line: string) => void;
  /** The same for errors, which --quiet does not silence. */
  readonly complain: (line: string) => void;
  /** Takes the progress away, or the first line of a result that is written now would stand behind it. */
  readonly clear: () => void;
}

/** Says what was odd about a recording: a result of half of it looks like any other. */
export function tellWarnings(
  { tell }: Pick<TaskContext, 'tell'>,
  { label }: Pick<InputRecording, 'label'>,
  warnings: readonly string[],
): void {
  for (const warning of warnings) tell(`${label}: warning: ${warning}`);
}

/**
 * Does a task on each recording in turn. One that fails is named and the others go on; the error about those that failed
 * comes back. The error of a single recording is thrown.
 */
export async function eachRecording(
  paths: readonly string[],
  flags: TaskFlags,
  options: Omit<ToolkitOptions, 'device' | 'threads'>,
  task: (recording: Recording, input: InputRecording, context: TaskContext) => Promise<void>,
): Promise<SomeFailed | undefined> {
  const inputs = expandInputs(paths);
  const failed: string[] = [];
  await withToolkit(flags, options, inputs.length, async (context, progressOf) => {
    const { signal } = context.hearing;
    for (const input of inputs) {
      try {
        await task(input.open(), input, {
          ...context,
          hearing: { ...context.hearing, observe: progressOf(input.label) },
        });
      } catch (error) {
        signal.throwIfAborted();
        if (inputs.length === 1) throw error;
        failed.push(input.label);
        context.complain(`diarist: ${describeError(error, input.label)}`);
      }
    }
  });
  return failed.length > 0 ? new SomeFailed(failed, inputs.length) : undefined;
}

/** Opens a toolkit, lets it be used, and closes it. */
export async function withToolkit(
  flags: TaskFlags,
  options: Omit<ToolkitOptions, 'device' | 'threads'>,
  numRecordings: number,
  use: (context: TaskContext, progressOf: (label: string) => (event: ToolkitEvent) => void) => Promise<void>,
): Promise<void> {
  const { device, threads, channel, resampler, quiet = false, acceptLicence } = flags;
  const signal = interruptSignal();
  const kind = quiet ? 'none' : process.stderr.isTTY ? 'bar' : 'lines';
  const progress = createProgress({ kind, numRecordings, colours: coloursFor(process.stderr) });
  const download = pullProgress((text) => quiet || process.stderr.write(text), {
    terminal: process.stderr.isTTY === true,
  });
  const { openToolkit } = await import('../node/toolkit.ts');
  const toolkit = await openToolkit({
    ...options,
    device,
    threads,
    acceptLicences: acceptLicence,
    signal,
    onProgress: download.update,
  });
  const progressOf =
    (label: string) =>
    ({ done, total }: ToolkitEvent): void => {
      const part = total === undefined ? `${done.toFixed(0)} s heard` : `${Math.floor((100 * done) / total)} %`;
      progress.status(`  ${part}`, label);
    };
  const complain = (line: string): void => {
    progress.clear();
    process.stderr.write(`${line}\n`);
  };
  try {
    await use(
      {
        toolkit,
        hearing: { channel, resampler, signal, observe: () => {} },
        tell: (line) => quiet || complain(line),
        complain,
        clear: progress.clear,
      },
      progressOf,
    );
    signal.throwIfAborted();
  } finally {
    progress.clear();
    download.end();
    await toolkit.close();
  }
}
