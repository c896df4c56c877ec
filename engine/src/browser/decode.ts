import { ALL_FORMATS, AudioSampleSink, BlobSource, Input, type InputAudioTrack } from 'mediabunny';
import { readAiffHeader } from '../audio/aiff.ts';
import { type Mp3Header, readMp3Header } from '../audio/mp3Header.ts';
import { cutShort, type OpenFile, openPcmFile, SLACK } from '../audio/pcmFile.ts';
import type { PlanarStream } from '../audio/planar.ts';
import { type Container, SNIFF_BYTES, sniff } from '../audio/sniff.ts';
import { firstSoundTrack, sharesDuration } from '../audio/soundTrack.ts';
import { readWavHeader } from '../audio/wav.ts';
import { AudioError } from '../core/errors.ts';
import { openBlob } from './open.ts';

/**
 * A file to all its channels at their own rate, block by block, with what a browser has:
 *
 *   plain WAV, AIFF       our own reader, as in Node: the same samples
 *   anything else         mediabunny takes the container apart, WebCodecs decodes
 *   what neither knows    `audio_decoder_missing`: the page tries decodeAudioData then (pageDecoder.ts)
 */
export async function decodeBlob(blob: Blob, name: string): Promise<PlanarStream> {
  const file = openBlob(blob, name);
  const container = sniff(await file.source.read(0, SNIFF_BYTES));
  if (container === 'text')
    throw new AudioError('audio_not_audio', `${name} is text, not a recording, whatever its name says.`);
  const plain = container === 'wav' || container === 'aiff' ? await plainSamples(file, container) : undefined;
  if (plain !== undefined) return plain;
  if (container === 'unknown')
    throw new AudioError('audio_not_audio', `${name} is not a recording in a format that can be read.`);
  if (container === 'wav' || container === 'aiff' || container === 'foreign') throw cannotDecode(name);
  return openWithWebCodecs(blob, file, container);
}

/** Undefined where the samples are compressed after all. */
async function plainSamples(file: OpenFile, container: 'wav' | 'aiff'): Promise<PlanarStream | undefined> {
  const header = await (container === 'wav' ? readWavHeader : readAiffHeader)(file.source, file.name);
  return 'encoding' in header ? openPcmFile(file, header) : undefined;
}

/** Recordings made up of separate packets: their containers say how long they are. */
const TIMED: ReadonlySet<Container> = new Set(['mp4', 'matroska']);

async function openWithWebCodecs(
  blob: Blob,
  { name, source: bytes }: OpenFile,
  container: Container,
): Promise<PlanarStream> {
  const input = new Input({ formats: ALL_FORMATS, source: new BlobSource(blob) });
  try {
    const track = await firstSoundTrack(input, name).catch((error) => {
      throw container === 'ogg' ? cannotDecode(name, 'something else than Opus or Vorbis') : error;
    });
    const codec = await track.getCodec();
    if (codec === null || typeof AudioDecoder === 'undefined' || !(await track.canDecode()))
      throw cannotDecode(name, codec ?? String(await track.getInternalCodecId()));
    const announced = (await input.getDurationFromMetadata([track])) ?? undefined;
    const source = {
      container,
      codec,
      sampleRate: await track.getSampleRate(),
      numChannels: await track.getNumberOfChannels(),
      decoder: 'webcodecs',
    };
    const warnings: string[] = [];
    const blocks = samplesOf(track, name, warnings, {
      announced: TIMED.has(container) ? announced : undefined,
      slack: SLACK[(await sharesDuration(input)) ? 'video' : 'sound'],
      cut: container === 'mp3' ? lameCut(await readMp3Header(bytes)) : codec === 'opus' ? NOTHING_CUT : undefined,
    });
    const first = await blocks.next(); // what the decoder gives is true, headers may not be (high-efficiency AAC)
    if (first.done) throw new AudioError('audio_truncated', `${name} has nothing in it that could be decoded.`);
    const { sampleRate, channels } = first.value;
    return {
      source: { ...source, sampleRate, numChannels: channels.length },
      duration: announced,
      blocks: channelsOf(first.value, blocks),
      warnings,
      close: async () => {
        await blocks.return(undefined);
        input.dispose();
      },
    };
  } catch (error) {
    input.dispose();
    throw error;
  }
}

/** Samples to drop at the start, and how many to keep then. */
interface Cut {
  readonly priming: number;
  readonly duration: number;
}

/** Opus decoders drop what the header tells them to drop. */
const NOTHING_CUT: Cut = { priming: 0, duration: Number.POSITIVE_INFINITY };

/** WebCodecs knows nothing of the LAME tag: see audio/mp3Header.ts. */
function lameCut({ priming = 0, duration = 0 }: Mp3Header): Cut {
  return priming > 0 ? { priming, duration } : NOTHING_CUT;
}

interface Block {
  readonly sampleRate: number;
  readonly channels: readonly Float32Array[];
}

async function* samplesOf(
  track: InputAudioTrack,
  name: string,
  warnings: string[],
  {
    announced,
    slack,
    cut,
  }: { readonly announced: number | undefined; readonly slack: number; readonly cut: Cut | undefined },
): AsyncGenerator<Block, undefined> {
  let numFrames = 0;
  let numSeen = 0;
  let format: { readonly sampleRate: number; readonly numChannels: number } | undefined;
  try {
    for await (const sample of new AudioSampleSink(track).samples()) {
      const { sampleRate, numberOfChannels: numChannels, numberOfFrames, timestamp } = sample;
      format ??= { sampleRate, numChannels };
      if (sampleRate !== format.sampleRate || numChannels !== format.numChannels) {
        sample.close();
        throw new AudioError(
          'audio_invalid',
          `${name} changes from ${format.numChannels} channels at ${format.sampleRate} Hz to ${numChannels} at ` +
            `${sampleRate} Hz on the way; convert it to one format first.`,
        );
      }
      // Before 0 lies what the encoder needed to get going; it is not part of the recording.
      const early = cut === undefined ? Math.round(-timestamp * sampleRate) : cut.priming - numSeen;
      const from = Math.min(numberOfFrames, Math.max(0, early));
      const left = cut === undefined ? numberOfFrames : Math.round(cut.duration * sampleRate) - numFrames;
      const to = Math.min(numberOfFrames, from + Math.max(0, left));
      const channels = Array.from({ length: numChannels }, (_, planeIndex) => {
        const samples = new Float32Array(numberOfFrames);
        sample.copyTo(samples, { format: 'f32-planar', planeIndex });
        return samples.subarray(from, to);
      });
      numSeen += numberOfFrames;
      numFrames += to - from;
      sample.close();
      if (channels[0].length > 0) yield { sampleRate, channels };
    }
  } catch (cause) {
    if (cause instanceof AudioError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    if (format === undefined)
      throw new AudioError('audio_invalid', `${name} could not be decoded: ${message}`, { cause });
    const seconds = (numFrames / format.sampleRate).toFixed(2);
    warnings.push(`${name} is damaged: what comes after ${seconds} s could not be decoded.`);
    return;
  }
  if (format === undefined || announced === undefined) return;
  const expected = Math.round(announced * format.sampleRate);
  if (numFrames < expected - format.sampleRate * slack)
    warnings.push(cutShort(name, numFrames, expected, format.sampleRate));
}

async function* channelsOf(first: Block, rest: AsyncGenerator<Block>): AsyncGenerator<readonly Float32Array[]> {
  yield first.channels;
  for await (const { channels } of rest) yield channels;
}

function cannotDecode(name: string, coding?: string): AudioError {
  const sound = coding === undefined ? 'sound in a coding that' : `sound coded as ${coding}, which`;
  return new AudioError('audio_decoder_missing', `${name} holds ${sound} this browser cannot decode.`);
}
