import { basename } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { LocalRecogniser } from '../node/asr/local/localRecogniser.ts';
import type { Recogniser } from '../node/asr/recogniser.ts';
import type { ChannelDiarization } from '../node/channels/diarizeChannels.ts';
import { readText } from '../node/readText.ts';
import { writeWhole } from '../node/writeWhole.ts';
import {
  type AssignedTranscript,
  assignSpeakers,
  readTranscript,
  TRANSCRIPT_OUTPUTS,
  type TranscriptOutput,
  writeTranscript,
} from '../transcript/index.ts';
import { formatOf } from './assign.ts';
import { coloursFor } from './colours.ts';
import {
  addChannelsOption,
  addModelOptions,
  addSpeakerOptions,
  diarizerOptions,
  type ModelFlags,
  type RecordingFlags,
  recordingOptions,
} from './diarizeFlags.ts';
import { expandInput } from './inputs.ts';
import { interruptSignal } from './interrupts.ts';
import { addNamingOptions, type Naming, type NamingFlags, namingOf, renamed } from './naming.ts';
import { whole } from './optionReaders.ts';
import { checkPlace } from './outputs.ts';
import { createProgress, type Progress, percentStatus } from './progress.ts';
import { choiceOf } from './resultDocument.ts';

/**
 * `diarist transcribe meeting.mp4`: who said what. Speakers come from the diarization, words from a recogniser that is
 * named: a model that runs here, a server, a program, or a transcript that is there already.
 */
interface TranscribeFlags extends ModelFlags, RecordingFlags, NamingFlags {
  readonly asr?: string;
  readonly asrUrl?: string;
  readonly asrModel?: string;
  readonly asrCommand?: string;
  readonly asrTimeout?: number;
  readonly asrRetries?: number;
  readonly transcript?: string;
  readonly attribution: 'words' | 'turns';
  readonly language?: string;
  readonly format?: TranscriptOutput;
  readonly json?: boolean;
  readonly output: string;
  readonly lineLength?: number;
  readonly readingSpeed?: number;
  readonly quiet: boolean;
}

export function transcribeCommand(): Command {
  const command = new Command('transcribe')
    .description('Write what each speaker says, with a recogniser of your choice')
    .argument('<recording>', 'a file or URL, or - for standard input')
    .optionsGroup('Recogniser (one of these):')
    .option('--asr <name>', 'a model that runs here: whisper-base … of `diarist models list`, or its folder')
    .option('--asr-url <url>', 'an OpenAI-compatible server, http://localhost:8000/v1 (or DIARIST_ASR_URL)')
    .option('--asr-command <command>', "a program: 'whisper-cli -m model.bin -f {input} -oj -ojf -of {output}'")
    .option('--transcript <file>', 'a transcript that is there already, of any recogniser')
    .option('--asr-model <name>', "the server's model (default: whisper-1)")
    .option(
      '--asr-timeout <seconds>',
      'for one stretch of sound (default: 300 a server, 600 a model, 3600 a program)',
      seconds,
    )
    .option('--asr-retries <number>', 'more tries where a server is busy or breaks (default: 3)', whole)
    .option('--language <code>', 'en, de … (default: found out by the recogniser)')
    .addOption(
      new Option('--attribution <how>', 'words: recognise, then assign; turns: recognise each turn by itself')
        .choices(['words', 'turns'])
        .default('words'),
    )
    .optionsGroup('Result:')
    .option('-o, --output <file>', 'the file to write, - for standard output', '-')
    .option(
      '-f, --format <name>',
      `${TRANSCRIPT_OUTPUTS.join(', ')} (default: what the output's name says, otherwise json)`,
    )
    .option('--json', 'the same as --format json')
    .option('--line-length <columns>', 'of subtitles (default: 42)', whole)
    .option('--reading-speed <columns>', 'of subtitles, a second (default: 20)', whole)
    .option('-q, --quiet', 'no progress and no warnings on standard error', false);
  return addModelOptions(addNamingOptions(addChannelsOption(addSpeakerOptions(command))))
    .addHelpText(
      'after',
      '\nThe key of a server is read from DIARIST_ASR_KEY. Channels are heard as fits them unless --channels says otherwise.\n\n' +
        'Examples:\n  diarist transcribe meeting.mp4 --asr whisper-base -o meeting.md\n' +
        '  diarist transcribe meeting.mp4 --asr-url http://localhost:8000/v1 -o meeting.srt',
    )
    .action((recording: string, flags: TranscribeFlags) => transcribe(recording, flags));
}

async function transcribe(path: string, flags: TranscribeFlags): Promise<void> {
  const { output, quiet, transcript, json } = flags;
  if (json && flags.format !== undefined && flags.format !== 'json')
    throw new RangeError(`Got --json and --format ${flags.format}: choose one.`);
  const named = recogniserOf(flags); // before anything long begins
  checkPlace(output);
  const format = json ? 'json' : (flags.format ?? formatOf(output));
  const input = expandInput(path);
  const text = (result: AssignedTranscript): string =>
    writeTranscript(result, format, {
      title: basename(input.label),
      ...(flags.lineLength === undefined ? {} : { maxLineLength: flags.lineLength }),
      ...(flags.readingSpeed === undefined ? {} : { maxCharactersPerSecond: flags.readingSpeed }),
    });
  text(assignSpeakers(readTranscript({ words: [] }), { turns: [] })); // a format or a width that can't be is told now
  const words = transcript === undefined ? undefined : await readText(transcript);
  if (words !== undefined) readTranscript(words, { file: transcript });
  const signal = interruptSignal();
  const kind = quiet ? 'none' : process.stderr.isTTY ? 'bar' : 'lines';
  const progress = createProgress({ kind, numRecordings: 1, colours: coloursFor(process.stderr) });
  const tell = (line: string): void => {
    progress.clear();
    if (!quiet) process.stderr.write(`${line}\n`);
  };
  const options = await diarizerOptions(flags);
  const recogniser = named === undefined ? undefined : await named(signal);
  const { openInput } = await import('../node/decode/input.ts');
  const stored = await openInput(input.open() as Parameters<typeof openInput>[0], { signal });
  try {
    const recording = await stored.path();
    const { createDiarizer } = await import('../node/diarizer.ts');
    const diarizer = await createDiarizer({ ...options, signal });
    let diarization: ChannelDiarization;
    let naming: Naming;
    try {
      naming = await namingOf(flags, options, signal);
      diarization = await hear(recording, input.label, diarizer, flags, progress, signal);
    } finally {
      await diarizer.close();
    }
    tell(`Channels: ${choiceOf(diarization.channels)}`);
    const { names, misfit } = naming.namesOf(diarization.speakers);
    diarization = renamed(diarization, names);
    let result: AssignedTranscript;
    if (recogniser === undefined) {
      const source = readTranscript(words, { file: transcript, duration: diarization.duration });
      result = assignSpeakers(source, diarization);
    } else {
      result = await recognise(recording, diarization, recogniser, flags, { tell, progress, signal });
    }
    progress.clear();
    for (const warning of new Set([...diarization.warnings, ...result.warnings])) tell(`warning: ${warning}`);
    const document = text(result);
    await writeWhole(output, format === 'json' ? withChannels(document, diarization) : document);
    if (misfit !== undefined) throw misfit;
  } finally {
    progress.clear();
    await recogniser?.close?.();
    await stored.close();
  }
}

/** The diarization, with progress on standard error. */
async function hear(
  recording: string,
  label: string,
  diarizer: Parameters<typeof import('../node/channels/diarizeChannels.ts').diarizeChannels>[1],
  flags: TranscribeFlags,
  progress: Progress,
  signal: AbortSignal,
): Promise<ChannelDiarization> {
  const { diarizeChannels } = await import('../node/channels/diarizeChannels.ts');
  const { channel, ...bounds } = recordingOptions(flags);
  const track = progress.begin(label);
  return diarizeChannels(recording, diarizer, {
    ...bounds,
    signal,
    channels: (channel as number | undefined) ?? flags.channels ?? 'auto',
    observe: (event) => track.observe(event),
    onAnalysis: percentStatus(progress, 'listening to the channels'),
  });
}

async function recognise(
  recording: string,
  diarization: ChannelDiarization,
  recogniser: Recogniser,
  { attribution, language, quiet }: TranscribeFlags,
  { tell, progress, signal }: { tell: (line: string) => void; progress: Progress; signal: AbortSignal },
): Promise<AssignedTranscript> {
  const { transcribe: transcribeRecording } = await import('../node/asr/transcribe.ts');
  const terminal = !quiet && process.stderr.isTTY;
  const status = percentStatus(progress, 'recognised');
  let told = 0;
  return transcribeRecording(recording, diarization, recogniser, {
    attribution,
    language,
    signal,
    onProgress: (done, total) => {
      const percent = Math.min(100, Math.floor((100 * done) / total));
      if (terminal) status(done, total);
      else if (percent >= told + 10) tell(`Recognised ${(told = percent - (percent % 10))} %`);
    },
  });
}

/** How the channels were heard, beside the transcript. */
function withChannels(text: string, { channels: { method, reason, used, analysis } }: ChannelDiarization): string {
  const { channels, distinctChannels, verdicts } = analysis;
  const document = JSON.parse(text) as object;
  return `${JSON.stringify({ ...document, channels: { method, reason, used, channels, distinctChannels, verdicts } }, undefined, 2)}\n`;
}

type Opened = Recogniser & Partial<Pick<LocalRecogniser, 'close'>>;

/** How the recogniser that was named is opened; nothing where a transcript is there already. */
function recogniserOf(flags: TranscribeFlags): ((signal: AbortSignal) => Promise<Opened>) | undefined {
  const { asr, asrCommand, transcript, asrModel, asrTimeout, asrRetries, threads } = flags;
  const given = { '--asr': asr, '--asr-url': flags.asrUrl, '--asr-command': asrCommand, '--transcript': transcript };
  const named = Object.entries(given).filter(([, value]) => value !== undefined && value !== '');
  if (named.length > 1) throw new RangeError(`Got ${named.map(([flag]) => flag).join(' and ')}: choose one.`);
  if (transcript !== undefined) return undefined;
  const timeoutMs = asrTimeout === undefined ? {} : { timeoutMs: asrTimeout * 1000 };
  if (asr !== undefined)
    return async (signal) => {
      const { localRecogniser } = await import('../node/asr/local/localRecogniser.ts');
      return localRecogniser({ model: asr, threads, signal, ...timeoutMs });
    };
  if (asrCommand !== undefined)
    return async () => {
      const { commandRecogniser } = await import('../node/asr/command.ts');
      return commandRecogniser({ command: asrCommand, ...timeoutMs });
    };
  const url = flags.asrUrl ?? process.env['DIARIST_ASR_URL'];
  if (url === undefined || url === '')
    throw new RangeError('Got no recogniser: name one with --asr, --asr-url, --asr-command or --transcript.');
  const apiKey = process.env['DIARIST_ASR_KEY'];
  return async () => {
    const { httpRecogniser } = await import('../node/asr/http.ts');
    return httpRecogniser({
      url,
      ...timeoutMs,
      ...(asrRetries === undefined ? {} : { retries: asrRetries }),
      ...(asrModel === undefined ? {} : { model: asrModel }),
      ...(apiKey === undefined ? {} : { apiKey }),
    });
  };
}

function seconds(value: string): number {
  const parsed = Number(value);
  if (!(parsed > 0 && Number.isFinite(parsed)))
    throw new InvalidArgumentError(`Got '${value}' when a number of seconds above 0 was expected.`);
  return parsed;
}
