import { basename } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { ChannelRequest } from '../channels/choose.ts';
import { commandRecogniser } from '../node/asr/command.ts';
import { httpRecogniser } from '../node/asr/http.ts';
import type { Recogniser } from '../node/asr/recogniser.ts';
import { transcribe as transcribeRecording } from '../node/asr/transcribe.ts';
import { diarizeChannels } from '../node/channels/diarizeChannels.ts';
import { createDiarizer } from '../node/diarizer.ts';
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
import { collectNames, formatOf } from './assign.ts';
import {
  addModelOptions,
  addSpeakerOptions,
  diarizerOptions,
  type ModelFlags,
  type RecordingFlags,
  recordingOptions,
} from './diarizeFlags.ts';
import { interruptSignal } from './interrupts.ts';

/**
 * `diarist transcribe meeting.mp4`: who said what. Speakers come from the diarization, words from a recogniser that is
 * named: a server, a program, or a transcript that is there already.
 */
interface TranscribeFlags extends ModelFlags, RecordingFlags {
  readonly asrUrl?: string;
  readonly asrModel?: string;
  readonly asrCommand?: string;
  readonly asrTimeout?: number;
  readonly transcript?: string;
  readonly attribution: 'words' | 'turns';
  readonly language?: string;
  readonly channels: ChannelRequest;
  readonly format?: TranscriptOutput;
  readonly output: string;
  readonly names?: ReadonlyMap<string, string>;
  readonly quiet: boolean;
}

export function transcribeCommand(): Command {
  const command = new Command('transcribe')
    .description('Write what each speaker says, with a recogniser of your choice')
    .argument('<recording>', 'a file or URL')
    .optionsGroup('Recogniser (one of these):')
    .option('--asr-url <url>', 'an OpenAI-compatible server, http://localhost:8000/v1 (or DIARIST_ASR_URL)')
    .option('--asr-command <command>', "a program: 'whisper-cli -m model.bin -f {input} -oj -ojf -of {output}'")
    .option('--transcript <file>', 'a transcript that is there already, of any recogniser')
    .option('--asr-model <name>', "the server's model (default: whisper-1)")
    .option('--asr-timeout <seconds>', 'for one stretch of sound (default: 300)', seconds)
    .option('--language <code>', 'en, de … (default: found out by the recogniser)')
    .addOption(
      new Option('--attribution <how>', 'words: recognise, then assign; turns: recognise each turn by itself')
        .choices(['words', 'turns'])
        .default('words'),
    )
    .optionsGroup('Result:')
    .option('-o, --output <file>', 'the file to write, - for standard output', '-')
    .option('-f, --format <name>', `${TRANSCRIPT_OUTPUTS.join(', ')} (default: what the output's name says)`)
    .option('--names <label=name...>', 'other names for speakers: SPEAKER_00=Ada', collectNames)
    .option('--channels <how>', 'auto, mix, split, hybrid or a number: see `diarist channels`', channelRequest, 'auto')
    .option('-q, --quiet', 'no progress and no warnings on standard error', false);
  return addModelOptions(addSpeakerOptions(command))
    .addHelpText(
      'after',
      '\nThe key of a server is read from DIARIST_ASR_KEY.\n\nExample:\n  diarist transcribe meeting.mp4 --asr-url http://localhost:8000/v1 -o meeting.srt',
    )
    .action((recording: string, flags: TranscribeFlags) => transcribe(recording, flags));
}

async function transcribe(recording: string, flags: TranscribeFlags): Promise<void> {
  const { output, names, quiet, attribution, language, transcript } = flags;
  const recogniser = transcript === undefined ? recogniserOf(flags) : undefined;
  const signal = interruptSignal();
  const { channel, ...bounds } = recordingOptions(flags);
  const tell = (line: string) => void (quiet || process.stderr.write(`${line}\n`));
  const diarizer = await createDiarizer(await diarizerOptions(flags));
  let result: AssignedTranscript;
  try {
    const diarization = await diarizeChannels(recording, diarizer, {
      ...bounds,
      signal,
      channels: channel === undefined ? flags.channels : (channel as number),
    });
    const { method, reason } = diarization.channels;
    tell(`Channels: ${method}, because ${reason}.`);
    if (recogniser === undefined) {
      const source = readTranscript(await readText(transcript!), { file: transcript, duration: diarization.duration });
      result = assignSpeakers(source, diarization);
    } else {
      let told = -1;
      result = await transcribeRecording(recording, diarization, recogniser, {
        attribution,
        language,
        signal,
        onProgress: (done, total) => {
          const percent = Math.floor((100 * done) / total / 10) * 10;
          if (percent > told) tell(`Recognised ${(told = percent)} %`);
        },
      });
    }
    for (const warning of new Set([...diarization.warnings, ...result.warnings])) tell(warning);
  } finally {
    await diarizer.close();
  }
  const format = flags.format ?? formatOf(output);
  const text = writeTranscript(result, format, {
    title: basename(recording),
    ...(names === undefined ? {} : { names }),
  });
  await writeWhole(output, text);
}

function recogniserOf({
  asrUrl = process.env['DIARIST_ASR_URL'],
  asrCommand,
  asrModel,
  asrTimeout,
}: TranscribeFlags): Recogniser {
  const timeoutMs = asrTimeout === undefined ? {} : { timeoutMs: asrTimeout * 1000 };
  if (asrCommand !== undefined) return commandRecogniser({ command: asrCommand, ...timeoutMs });
  if (asrUrl === undefined || asrUrl === '')
    throw new RangeError('Got no recogniser: name one with --asr-url, --asr-command or --transcript.');
  const apiKey = process.env['DIARIST_ASR_KEY'];
  return httpRecogniser({
    url: asrUrl,
    ...timeoutMs,
    ...(asrModel === undefined ? {} : { model: asrModel }),
    ...(apiKey === undefined ? {} : { apiKey }),
  });
}

/** `auto`, `mix`, `split`, `hybrid` or a number. */
export function channelRequest(value: string): ChannelRequest {
  if (value === 'auto' || value === 'mix' || value === 'split' || value === 'hybrid') return value;
  if (/^\d+$/.test(value)) return Number(value);
  throw new InvalidArgumentError(`Got '${value}' when auto, mix, split, hybrid or a number from 0 was expected.`);
}

function seconds(value: string): number {
  const parsed = Number(value);
  if (!(parsed > 0 && Number.isFinite(parsed)))
    throw new InvalidArgumentError(`Got '${value}' when a number of seconds above 0 was expected.`);
  return parsed;
}
