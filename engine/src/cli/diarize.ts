import { Command } from 'commander';
import type { ChannelRequest } from '../channels/choose.ts';
import type { Diarization } from '../core/diarization.ts';
import { OutputError } from '../core/errors.ts';
import type { DiarizeEvent } from '../diarize/options.ts';
import { printable } from '../draw/terminalTimeline.ts';
import type { AudioInput } from '../node/decode/input.ts';
import type { Diarizer } from '../node/diarizer.ts';
import type { Recording } from '../node/recording.ts';
import { writeWhole } from '../node/writeWhole.ts';
import { coloursFor } from './colours.ts';
import {
  addChannelsOption,
  addModelOptions,
  addResultOptions,
  addSpeakerOptions,
  type DiarizeFlags,
  diarizerOptions,
  recordingOptions,
} from './diarizeFlags.ts';
import { describeError, SomeFailed } from './errors.ts';
import { EXAMPLES, exitCodesHelp } from './help.ts';
import { expandInputs, type InputRecording } from './inputs.ts';
import { interruptSignal, listen, stopListening } from './interrupts.ts';
import { addNamingOptions, namingOf, renamed } from './naming.ts';
import { type OutputPlan, planOutput } from './outputs.ts';
import { count, personView } from './personView.ts';
import { createProgress, type Progress, percentStatus, type Track } from './progress.ts';
import { pullProgress } from './pullProgress.ts';
import { choiceOf, isByChannels, type ResultDocument, resultDocument } from './resultDocument.ts';
import { reviewView } from './reviewView.ts';

/** `diarist [diarize] meeting.mp3`: who spoke when, for any number of recordings. */
export interface DiarizeContext {
  /** Names of commands, for a file that isn't there but is spelled like one. */
  readonly commands?: readonly string[];
}

export function diarizeCommand(context: DiarizeContext = {}): Command {
  const command = new Command('diarize')
    .description('Find out who spoke when (the default command)')
    .argument('<recording...>', 'files, globs, URLs, or - for standard input');
  addResultOptions(addModelOptions(addNamingOptions(addChannelsOption(addSpeakerOptions(command)))));
  return command
    .addHelpText('after', EXAMPLES)
    .addHelpText('after', `\n${exitCodesHelp()}`)
    .action((recordings: string[], flags: DiarizeFlags) => diarize(recordings, flags, context));
}

export async function diarize(
  recordings: readonly string[],
  flags: DiarizeFlags,
  context: DiarizeContext = {},
): Promise<void> {
  const inputs = expandInputs(recordings, context);
  if (flags.review !== undefined) return review(inputs, flags);
  await diarizeTo(planOutput(inputs, flags, { terminal: process.stdout.isTTY === true }), inputs, flags);
}

/** What somebody should listen to first, of each recording. */
export async function review(inputs: readonly InputRecording[], flags: DiarizeFlags): Promise<void> {
  const { format, json, output } = flags;
  if (format !== undefined || json || output !== undefined)
    throw new RangeError('Got --review and a format or an output: it is a list for a person, on standard output.');
  const most = flags.review === true || flags.review === undefined ? 20 : flags.review;
  const failed = await diarizeRecordings(inputs, flags, (result, input) =>
    writeWhole('-', reviewView(result, { title: input.label, most, colours: coloursFor(process.stdout) })),
  );
  if (failed !== undefined) throw failed;
}

/** Diarizes and writes what `plan` says. */
export async function diarizeTo(
  plan: OutputPlan,
  inputs: readonly InputRecording[],
  flags: DiarizeFlags,
): Promise<void> {
  const gathered: ResultDocument[] = [];
  const failed = await diarizeRecordings(inputs, flags, async (result, input) => {
    if (plan.write === 'each') await writeOne(result, input, plan);
    else gathered.push(result);
  });
  if (gathered.length > 0) await writeTogether(gathered, plan);
  if (failed !== undefined) throw failed;
}

/**
 * Diarizes them, a few at a time, and hands over each result in the order given. A recording that fails is named, and
 * the others go on; the error about all that failed comes back. What concerns every recording, such as a model that
 * isn't there, is thrown, and so is the error of a single one. A name that fits nobody takes no result away: it is told,
 * or comes back.
 */
export async function diarizeRecordings(
  inputs: readonly InputRecording[],
  flags: DiarizeFlags,
  use: (result: ResultDocument, input: InputRecording) => Promise<void>,
): Promise<Error | undefined> {
  const { quiet = false, jobs = 2 } = flags;
  const stop = new AbortController();
  const signal = AbortSignal.any([interruptSignal(), stop.signal]);
  const kind = quiet ? 'none' : process.stderr.isTTY ? 'bar' : 'lines';
  const progress = createProgress({ kind, numRecordings: inputs.length, colours: coloursFor(process.stderr) });
  const options = {
    ...recordingOptions(flags),
    ...(flags.confidence || flags.review !== undefined ? { confidence: true } : {}),
  };
  const failed: string[] = [];
  const tell = (line: string) => {
    progress.clear();
    process.stderr.write(`${line}\n`);
  };
  let misnamed: Error | undefined;
  const fail = (input: InputRecording, error: unknown) => {
    signal.throwIfAborted();
    if (inputs.length === 1) throw error;
    failed.push(input.label);
    tell(`diarist: ${describeError(error, input.label)}`);
  };

  const opened = openEach(inputs, fail);
  const first = opened.next();
  if (first.done) return new SomeFailed(failed, inputs.length);
  progress.status('loading the model');
  const diarizer = await load(flags, signal);
  try {
    const naming = await namingOf(flags, await diarizerOptions(flags), signal);
    const { createQueue } = await import('../node/queue.ts');
    const hearing = flags.channels === undefined ? diarizer : await byChannels(diarizer, flags.channels, progress);
    const queue = createQueue<number>(hearing, { jobs, signal });
    const pushed: { readonly input: InputRecording; readonly track: Track }[] = [];
    const push = ({ input, recording }: Opened) => {
      const track = progress.begin(input.label);
      pushed.push({ input, track });
      queue.push(recording, { ...options, checkpoint: flags.checkpoint, observe: (event) => observe(event, track) });
    };
    const fill = () => {
      while (queue.size < jobs) {
        const next = opened.next();
        if (next.done) return queue.finish();
        push(next.value);
      }
    };
    push(first.value);
    fill();
    const done = new Map<number, ResultDocument | undefined>();
    let numUsed = 0;
    for await (const { id, result: found, error } of queue) {
      const { input, track } = pushed[id];
      track.end(found && summaryOf(found, track.elapsedMs));
      let result: Diarization | undefined;
      try {
        if (found === undefined) throw error;
        const { names, misfit } = naming.namesOf(found.speakers);
        result = renamed(found, names);
        if (inputs.length === 1) misnamed = misfit;
        else if (misfit !== undefined) fail(input, misfit);
      } catch (failure) {
        fail(input, failure);
      }
      if (result !== undefined && !quiet) {
        if (isByChannels(result)) tell(`${printable(input.label)}: channels: ${choiceOf(result.channels)}`);
        for (const warning of result.warnings) tell(`${printable(input.label)}: warning: ${warning}`);
      }
      fill();
      done.set(id, result && resultDocument(input.uri, result, diarizer, flags));
      for (; done.has(numUsed); numUsed++) {
        const document = done.get(numUsed);
        done.delete(numUsed);
        progress.clear();
        if (document !== undefined) await use(document, pushed[numUsed].input);
      }
    }
    signal.throwIfAborted();
  } finally {
    progress.clear();
    stop.abort();
    listen();
    await diarizer.close();
  }
  return failed.length > 0 ? new SomeFailed(failed, inputs.length) : misnamed;
}

/** The same diarizer, which first looks at what the channels of a recording hold. */
async function byChannels(
  diarizer: Diarizer,
  channels: ChannelRequest,
  progress: Progress,
): Promise<Pick<Diarizer, 'diarize'>> {
  const { diarizeChannels } = await import('../node/channels/diarizeChannels.ts');
  const onAnalysis = percentStatus(progress, 'listening to the channels');
  return {
    diarize: (recording, options) =>
      diarizeChannels(recording as AudioInput, diarizer, { ...options, channels, onAnalysis }),
  };
}

function observe(event: DiarizeEvent, track: Track): void {
  // Clustering computes without a pause: a Ctrl-C that came then would wait for its end.
  if (event.type === 'progress' && event.stage === 'clustering') stopListening();
  if (event.type === 'progress' && event.stage === 'reconstruction') listen();
  track.observe(event);
}

interface Opened {
  readonly input: InputRecording;
  readonly recording: Recording;
}

/** One after the other when it is asked for, but for those that can't be opened. */
function* openEach(
  inputs: readonly InputRecording[],
  fail: (input: InputRecording, error: unknown) => void,
): Generator<Opened, void> {
  for (const input of inputs) {
    let recording: Recording;
    try {
      recording = input.open();
    } catch (error) {
      fail(input, error);
      continue;
    }
    yield { input, recording };
  }
}

async function writeOne(result: ResultDocument, input: InputRecording, plan: OutputPlan): Promise<void> {
  const { format } = plan;
  if (format !== 'person') return writeWhole(plan.target(input), format.write!([result]));
  const width = Math.min(process.stdout.columns || 80, 160);
  const { duration = 0 } = result;
  await writeWhole(
    '-',
    personView(result, { title: input.label, duration, colours: coloursFor(process.stdout), width }),
  );
}

function writeTogether(results: readonly ResultDocument[], { format, target }: OutputPlan): Promise<void> {
  if (format === 'person') throw new OutputError('output_unwritable', 'A view for people is not a document.');
  return writeWhole(target(results[0]), format.write!(results, { list: true }));
}

async function load(flags: DiarizeFlags, signal: AbortSignal): Promise<Diarizer> {
  const download = pullProgress((text) => flags.quiet || process.stderr.write(text), {
    terminal: process.stderr.isTTY === true,
  });
  try {
    const options = await diarizerOptions(flags);
    const { createDiarizer } = await import('../node/diarizer.ts');
    return await createDiarizer({ ...options, signal, onProgress: download.update });
  } finally {
    download.end();
  }
}

function summaryOf({ duration, speakers, turns }: Diarization, elapsedMs: number): string {
  const seconds = elapsedMs / 1000;
  const factor = duration / seconds;
  const length = duration < 60 ? `${duration.toFixed(1)} s` : `${(duration / 60).toFixed(1)} min`;
  return (
    `${count(speakers.length, 'speaker')}, ${count(turns.length, 'turn')}, ` +
    `${length} of sound in ${seconds.toFixed(1)} s (${factor.toFixed(factor < 10 ? 1 : 0)}× real time)`
  );
}
