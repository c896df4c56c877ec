import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { Command } from 'commander';
import type { AudioStream } from '../core/audio.ts';
import { explainPage } from '../draw/explainPage.ts';
import { EXPLAIN_SCRIPT } from '../draw/explainScript.ts';
import { runPicture } from '../draw/runPicture.ts';
import { runRecorder } from '../draw/runRecorder.ts';
import { wavBytes } from '../draw/wavBytes.ts';
import type { AudioInput } from '../node/decode/input.ts';
import { openAudio } from '../node/decode/openAudio.ts';
import { createDiarizer } from '../node/diarizer.ts';
import { writeWhole } from '../node/writeWhole.ts';
import { coloursFor } from './colours.ts';
import {
  addModelOptions,
  addSpeakerOptions,
  diarizerOptions,
  type ModelFlags,
  type RecordingFlags,
  recordingOptions,
} from './diarizeFlags.ts';
import { expandInput } from './inputs.ts';
import { interruptSignal } from './interrupts.ts';
import { checkPageName, checkPlace } from './outputs.ts';
import { createProgress } from './progress.ts';

/**
 * `diarist explain meeting.wav -o report.html`: diarizes a recording and writes a page with a picture of every stage,
 * drawn from that very run. The page needs nothing but a browser, also without a network.
 */
interface ExplainFlags extends ModelFlags, RecordingFlags {
  readonly output: string;
  readonly title?: string;
  readonly withAudio: boolean;
  readonly quiet: boolean;
}

export function explainCommand(): Command {
  const command = new Command('explain')
    .description('Diarize a recording and write a page that shows every stage of it')
    .argument('<recording>', 'a file, a URL, or - for standard input')
    .requiredOption('-o, --output <file>', 'the page to write, - for standard output')
    .option('--with-audio', 'put the sound into the page, so that turns can be played (2.6 MB a minute)', false)
    .option('--title <text>', "the recording's name in the page (default: the file's)")
    .option('-q, --quiet', 'no progress and no warnings on standard error', false);
  return addModelOptions(addSpeakerOptions(command))
    .addHelpText('after', '\nExample:\n  diarist explain interview.mp3 --num-speakers 2 --with-audio -o interview.html')
    .action((recording: string, flags: ExplainFlags) => explain(recording, flags));
}

/** Does what the command does. */
export async function explain(
  recording: string,
  flags: Pick<ExplainFlags, 'output'> & Partial<ExplainFlags>,
): Promise<void> {
  const { output, withAudio = false, quiet = false } = flags;
  const signal = interruptSignal();
  const bounds = recordingOptions(flags);
  checkPlace(output);
  checkPageName(output);
  const input = expandInput(recording);
  const source = input.open() as AudioInput;
  const name = flags.title ?? (recording === '-' ? 'standard input' : basename(input.label));
  const kind = quiet ? 'none' : process.stderr.isTTY ? 'bar' : 'lines';
  const progress = createProgress({ kind, numRecordings: 1, colours: coloursFor(process.stderr) });
  const recorder = runRecorder();
  const heard: Float32Array[] = [];
  let numHeard = 0;

  progress.status('loading the model');
  const diarizer = await createDiarizer({ ...(await diarizerOptions(flags)), signal });
  try {
    const track = progress.begin(input.label);
    const audio = await openAudio(source, { signal, resampler: bounds.resampler, channel: bounds.channel });
    const overheard: AudioStream = { ...audio, blocks: listen(audio.blocks, hear) };
    const result = await diarizer.diarize(overheard, {
      ...bounds,
      signal,
      observe(event) {
        recorder.observe(event);
        track.observe(event);
      },
    });
    const { sampleRate } = audio;
    const page = explainPage(runPicture(recorder.record(), result, { name, sampleRate }), {
      scriptHash: createHash('sha256').update(EXPLAIN_SCRIPT).digest('base64'),
      ...(withAudio && { wav: wavBytes(heard, sampleRate) }),
    });
    await writeWhole(output, page);
    if (!quiet) for (const warning of result.warnings) process.stderr.write(`${input.label}: ${warning}\n`);
    track.end(output === '-' ? 'written to standard output' : `see ${output}`);
  } finally {
    progress.clear();
    await diarizer.close();
  }

  function hear(block: Float32Array): void {
    recorder.hear(block);
    if (!withAudio) return;
    heard.push(block.slice());
    numHeard += block.length;
    if (numHeard > MAX_MINUTES * 60 * SAMPLE_RATE)
      throw new RangeError(
        `--with-audio takes recordings of up to ${MAX_MINUTES} minutes, or the page would be too large to open; leave it out.`,
      );
  }
}

/** With sound a page grows by 2.6 MB a minute. */
const MAX_MINUTES = 60;
const SAMPLE_RATE = 16000;

async function* listen(
  blocks: AsyncIterable<Float32Array>,
  hear: (block: Float32Array) => void,
): AsyncGenerator<Float32Array> {
  for await (const block of blocks) {
    hear(block);
    yield block;
  }
}
