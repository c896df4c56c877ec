import { readAiffHeader } from '../../audio/aiff.ts';
import { openPcmFile } from '../../audio/pcmFile.ts';
import type { PlanarStream } from '../../audio/planar.ts';
import { type Container, SNIFF_BYTES, sniff } from '../../audio/sniff.ts';
import { readWavHeader } from '../../audio/wav.ts';
import { AudioError } from '../../core/errors.ts';
import { ffmpegCommand, openWithFfmpeg } from './ffmpeg.ts';
import { type AudioInput, type Input, type InputOptions, openInput } from './input.ts';
import { openWithWasm } from './wasm/open.ts';

/**
 * Looks at the first bytes and hands the recording to the decoder for it (docs/adr/0002-decoding.md):
 *
 *   plain WAV, AIFF             our own reader
 *   anything else, with ffmpeg  that program
 *   without                     the packages from npm: MP3, AAC, FLAC, Ogg, MP4, MOV, Matroska, WebM, MPEG-TS
 */
export interface DecodeOptions extends InputOptions {
  /** `false` keeps FFmpeg out of it even where it is installed. */
  readonly ffmpeg?: boolean;
}

export async function decode(given: AudioInput, options: DecodeOptions = {}): Promise<PlanarStream> {
  const input = await openInput(given, options);
  try {
    const container = sniff(await input.source.read(0, SNIFF_BYTES));
    if (container === 'text')
      throw new AudioError('audio_not_audio', `${input.name} is text, not a recording, whatever its name says.`);
    const pcm = container === 'wav' || container === 'aiff' ? await plainSamples(input, container) : undefined;
    if (pcm !== undefined) return pcm;
    const command = options.ffmpeg === false ? undefined : ffmpegCommand();
    const decoding = command === undefined ? undefined : await openWithFfmpeg(input, command, options);
    if (decoding !== undefined) return decoding;
    if (NPM_CONTAINERS.has(container)) return await openWithWasm(input, container, options);
    throw withoutFfmpeg(input.name, container);
  } catch (error) {
    await input.close();
    throw error;
  }
}

const NPM_CONTAINERS: ReadonlySet<Container> = new Set(['mp3', 'adts', 'flac', 'ogg', 'mp4', 'matroska', 'mpegts']);

/** Undefined where the samples are compressed after all. */
async function plainSamples(input: Input, container: 'wav' | 'aiff'): Promise<PlanarStream | undefined> {
  const header = await (container === 'wav' ? readWavHeader : readAiffHeader)(input.source, input.name);
  return 'encoding' in header ? openPcmFile(input, header) : undefined;
}

function withoutFfmpeg(name: string, container: Container): AudioError {
  if (container === 'unknown')
    return new AudioError('audio_not_audio', `${name} is not a recording in a format that can be read.`);
  return new AudioError(
    'audio_decoder_missing',
    `${name} holds sound that needs ffmpeg; install it or name it in FFMPEG_PATH.`,
  );
}
