import { dirname } from 'node:path';
import { Command, Option } from 'commander';
import { readProtocol } from '../node/tune/protocol.ts';
import type { TunedModel, TuneEvent, TuneRecordingsOptions } from '../node/tune/tuneRecordings.ts';
import { writeWhole } from '../node/writeWhole.ts';
import { tuningPage } from '../toolkit/tune/reportHtml.ts';
import { tuningMarkdown } from '../toolkit/tune/reportMarkdown.ts';
import { verdict } from '../toolkit/tune/verdict.ts';
import { coloursFor } from './colours.ts';
import {
  addModelOptions,
  addSpeakerOptions,
  diarizerOptions,
  type ModelFlags,
  type RecordingFlags,
  recordingOptions,
} from './diarizeFlags.ts';
import { interruptSignal } from './interrupts.ts';
import { collect, names, positive, seconds, whole } from './optionReaders.ts';
import { checkPlace, makeFolder, refuseInput, refuseSamePlace } from './outputs.ts';
import { createProgress, type Track } from './progress.ts';
import { readUems } from './recordings.ts';

/** `diarist tune --protocol list.txt`: better parameters for a model from a user's own recordings. */
interface TuneFlags extends ModelFlags, RecordingFlags {
  readonly protocol: string;
  readonly uem?: readonly string[];
  readonly metric: string;
  readonly collar: number;
  readonly skipOverlap: boolean;
  readonly parameters?: readonly string[];
  readonly trials: number;
  readonly seed: number;
  readonly folds?: number;
  readonly cache?: string;
  readonly resume: boolean;
  readonly keep: boolean;
  readonly output: string;
  readonly report?: readonly string[];
  readonly quiet?: boolean;
}

export function tuneCommand(): Command {
  const command = new Command('tune')
    .description("Find the parameters that suit one's own labelled recordings; the networks listen once")
    .addOption(
      new Option('--protocol <path>', 'a list, or a folder of recordings with RTTM beside them').makeOptionMandatory(),
    )
    .option('--uem <path>', 'score only these parts: a UEM file or a folder of them (repeatable)', collect)
    .option('--metric <name>', 'what is to be small: der, greedy-der, jer, detection, speaker-count-error', 'der')
    .option('--collar <seconds>', 'leave out this much around reference boundaries, half on each side', seconds, 0)
    .option('--skip-overlap', 'leave out where reference turns overlap', false)
    .option(
      '--parameters <names>',
      "comma-separated names, or name=low:high (repeatable; default: all of the model's)",
      names,
    )
    .option('--trials <number>', 'parameter sets to try in each search', positive, 200)
    .option('--seed <number>', 'of the search and the folds', whole, 1)
    .option(
      '--folds <number>',
      'parts that are held out in turn; 0 for none (default: 3, or as many as recordings)',
      whole,
    )
    .option('--cache <folder>', 'what the networks heard, and trials (default: the output with .cache)')
    .option('--resume', 'go on with a run of the same settings that was stopped, or add trials', false)
    .option('--keep', 'write the best parameters found though they were no better on held-out recordings', false)
    .option('-o, --output <file>', 'the parameter file', 'params.json')
    .option('--report <file>', 'a report: .html or .md (repeatable)', collect)
    .option('-q, --quiet', 'no progress on standard error');
  addModelOptions(addSpeakerOptions(command));
  return command
    .addHelpText(
      'after',
      '\nA line of the list is `audio.wav reference.rttm [scored.uem]`, with paths that begin at the list.\n' +
        '\nExample:\n  diarist tune --protocol list.txt --model community-1 -o params.json --report report.html\n' +
        '  diarist meeting.mp3 --model community-1 --params params.json',
    )
    .action(runTune);
}

async function runTune(flags: TuneFlags): Promise<void> {
  const reports = (flags.report ?? []).map(reportKind);
  refuseSamePlace([flags.output, ...reports.map(({ file }) => file)]);
  refuseInput([flags.output], [flags.protocol, ...(flags.uem ?? [])]);
  const options = await tuneOptions(flags);
  const uems = flags.uem ? await readUems(flags.uem) : undefined;
  const tell = (line: string) => flags.quiet || process.stderr.write(`${line}\n`);
  const items = await readProtocol(flags.protocol, { uems, note: tell });
  const scoredWhole = items.filter(({ uem }) => uems && uem === undefined).map(({ uri }) => uri);
  if (scoredWhole.length > 0) tell(`${scoredWhole.length} not in the UEM, scored whole: ${scoredWhole.join(', ')}`);
  // Without --cache the folder would be made for what is kept beside the output.
  if (flags.output !== '-' && flags.cache === undefined) makeFolder(dirname(flags.output));
  for (const file of [flags.output, ...reports.map(({ file }) => file)]) checkPlace(file);
  const progress = tuneProgress(items.length, flags.quiet ?? false);
  const { tuneRecordings } = await import('../node/tune/tuneRecordings.ts');
  const signal = interruptSignal();
  let tuned: TunedModel;
  try {
    tuned = await tuneRecordings(items, { ...options, observe: progress.observe, signal });
  } catch (error) {
    progress.clear();
    if (signal.aborted) tell('diarist: what was done is kept; the same command with --resume goes on from there.');
    throw error;
  }
  progress.clear();
  await writeWhole(flags.output, `${JSON.stringify(parameterDocument(tuned, flags), undefined, 2)}\n`);
  for (const { file, write } of reports) await writeWhole(file, write(tuned, contextOf(tuned, flags)));
  tell(verdict(tuned));
  const kept = JSON.stringify(tuned.recommended) !== JSON.stringify(tuned.best) && !flags.keep;
  tell(kept ? `${flags.output} holds the model's own parameters; --keep would write the best found.` : flags.output);
}

async function tuneOptions(flags: TuneFlags): Promise<TuneRecordingsOptions> {
  const { numSpeakers, minSpeakers, maxSpeakers, smoothing, resampler, channel } = recordingOptions(flags);
  return {
    ...(await diarizerOptions(flags)),
    resampler,
    channel,
    metric: flags.metric,
    scoring: { collar: flags.collar, skipOverlap: flags.skipOverlap },
    options: { numSpeakers, minSpeakers, maxSpeakers, smoothing },
    parameters: flags.parameters,
    trials: flags.trials,
    seed: flags.seed,
    folds: flags.folds,
    cache: flags.cache ?? (flags.output === '-' ? undefined : `${flags.output}.cache`),
    resume: flags.resume,
  };
}

/** What --params and the library read, and beside it where the numbers are from. */
function parameterDocument(tuned: TunedModel, flags: TuneFlags): object {
  const { model, heldOut, metric, best, recommended, start, before, after, uris, folds, seed, trialsPerSearch } = tuned;
  return {
    pipeline: model.pipeline,
    parameters: flags.keep ? best : recommended,
    tuned: {
      model: `${model.manifest.name} ${model.manifest.version}`,
      metric: metric.id,
      collar: flags.collar,
      recordings: uris.length,
      trials: trialsPerSearch,
      seed,
      folds: folds.length,
      verdict: verdict(tuned),
      ...(heldOut ? { heldOut: { before: heldOut.before, after: heldOut.after, gain: heldOut.gain } } : {}),
      searched: { before, after },
      modelsOwn: start,
      best,
    },
  };
}

function contextOf({ model, uris, trials, folds, seed }: TunedModel, flags: TuneFlags) {
  const searches = folds.length === 0 ? 'one search' : `${folds.length} folds and all`;
  return {
    uris,
    facts: [
      `Model ${model.manifest.name}, version ${model.manifest.version}, pipeline ${model.pipeline}.`,
      `${uris.length} recordings, ${trials.length} trials in each search (${searches}), seed ${seed}.`,
      `Metric ${flags.metric}, collar ${flags.collar} s in all${flags.skipOverlap ? ', overlaps left out' : ''}.`,
    ],
  };
}

function reportKind(file: string): { file: string; write: typeof tuningPage } {
  if (/\.html?$/i.test(file)) return { file, write: tuningPage };
  if (/\.(md|markdown)$/i.test(file)) return { file, write: tuningMarkdown };
  throw new RangeError(`Got the report ${file} when a name that ends in .html or .md was expected.`);
}

/** Recordings as when diarizing, then trials: one line on a terminal, otherwise one at each tenth. */
function tuneProgress(
  numRecordings: number,
  quiet: boolean,
): { observe: (event: TuneEvent) => void; clear: () => void } {
  const kind = quiet ? 'none' : process.stderr.isTTY ? 'bar' : 'lines';
  const progress = createProgress({ kind, numRecordings, colours: coloursFor(process.stderr) });
  const tracks = new Map<number, Track>();
  const warned = new Set<string>();
  let tenth = 0;
  let numCached = 0;
  const say = (line: string) => {
    progress.clear();
    if (!quiet) process.stderr.write(`${line}\n`);
  };
  return {
    clear: progress.clear,
    observe(event) {
      if (event.type === 'listening') {
        let track = tracks.get(event.index);
        if (track === undefined) tracks.set(event.index, (track = progress.begin(event.uri)));
        track.observe(event.event);
      } else if (event.type === 'heard') {
        if (event.cached) numCached++;
        else tracks.get(event.index)?.end('heard');
        tracks.delete(event.index);
        // At another onset it is heard, and told, again.
        for (const warning of event.warnings) {
          const line = `${event.uri}: warning: ${warning}`;
          if (!warned.has(line)) say(line);
          warned.add(line);
        }
      } else if (event.type === 'resumed') {
        say(`Going on after ${event.numTrials} trials.`);
      } else {
        if (numCached > 0) say(`${numCached} of ${numRecordings} recordings were heard before.`);
        numCached = 0;
        progress.status(`${event.study}: trial ${event.index + 1}, ${event.done} of ${event.total}`);
        const passed = Math.floor((10 * event.done) / event.total);
        if (kind === 'lines' && passed > tenth) say(`${event.done} of ${event.total} trials`);
        tenth = Math.max(tenth, passed);
      }
    },
  };
}
