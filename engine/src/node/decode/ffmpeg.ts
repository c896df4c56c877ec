import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { memorySource } from '../../audio/byteSource.ts';
import { decodePcm, PCM_BYTES, type PcmLayout } from '../../audio/pcm.ts';
import { cutShort, SLACK } from '../../audio/pcmFile.ts';
import type { PlanarStream } from '../../audio/planar.ts';
import { readWavHeader } from '../../audio/wav.ts';
import { AudioError } from '../../core/errors.ts';
import type { Input } from './input.ts';

/**
 * The FFmpeg that the user installed, as a child process: it decodes to float32 WAV on a pipe, at the recording's own
 * rate and with all its channels; mixing and resampling stay ours, so that they are pyannote's whatever decodes.
 * The pipe holds the child back while nobody reads. Playlists and other formats that name further files or hosts are
 * not on the list of formats, and no protocol but `file` is open, so a recording can make FFmpeg read only itself.
 */
const FORMATS =
  'aac,ac3,aiff,amr,amrnb,amrwb,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,gsm,loas,matroska,webm,mov,mp4,mp3,mpc,mpc8,' +
  'mpeg,mpegts,ogg,rm,tak,tta,voc,w64,wav,wv';

/** Codecs whose announced duration is exact, so that less of it means a cut. */
const EXACT_CONTAINERS = /^(mov|flac|matroska|wav|aiff|caf|w64)/;

/** The command to run, or undefined where the user has switched FFmpeg off. */
export function ffmpegCommand(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (env.DIARIST_NO_FFMPEG !== undefined && env.DIARIST_NO_FFMPEG !== '' && env.DIARIST_NO_FFMPEG !== '0')
    return undefined;
  return env.FFMPEG_PATH || 'ffmpeg';
}

/** Starts decoding; undefined when there is no such program. */
export async function openWithFfmpeg(
  input: Input,
  command: string,
  { signal }: { signal?: AbortSignal } = {},
): Promise<PlanarStream | undefined> {
  const path = await input.path();
  const child = spawn(
    command,
    // biome-ignore format: a command line
    [
      '-hide_banner', '-nostdin', '-nostats', '-loglevel', 'info', '-protocol_whitelist', 'file', '-format_whitelist',
      FORMATS, '-i', `file:${resolve(path)}`, '-map', '0:a:0', '-vn', '-sn', '-dn', '-map_metadata', '-1',
      '-fflags', '+bitexact', '-c:a', 'pcm_f32le', '-f', 'wav', '-protocol_whitelist', 'pipe', 'pipe:1',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], windowsHide: true },
  );
  try {
    await once(child, 'spawn');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // EACCES is what a search ends with that found none, when a folder of the PATH is another user's.
    if ((code === 'ENOENT' || code === 'EACCES') && !process.env.FFMPEG_PATH) return undefined;
    throw new AudioError(
      'audio_decoder_missing',
      `${command}, which FFMPEG_PATH or PATH names, could not be started (${code}); correct it, or set DIARIST_NO_FFMPEG=1.`,
      { cause: error },
    );
  }
  const log = collect(child.stderr as Readable);
  const stop = (): void => {
    child.kill('SIGKILL');
  };
  keepTrack(child);
  signal?.addEventListener('abort', stop, { once: true });
  const ended = new Promise<number | null>((done) => child.once('close', (code) => done(code)));
  async function close(): Promise<void> {
    signal?.removeEventListener('abort', stop);
    stop();
    child.stdout?.destroy(); // with unread samples in the pipe the child would never count as closed
    await ended;
    await input.close();
  }

  try {
    const reader = (child.stdout as Readable)[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
    const { layout, rest } = await readHeader(reader, input.name);
    if (layout === undefined) {
      await ended;
      signal?.throwIfAborted();
      throw failure(input.name, log.text());
    }
    const { container, codec, duration, withPictures } = described(log.text());
    const warnings: string[] = [];
    return {
      source: {
        container,
        codec,
        sampleRate: layout.sampleRate,
        numChannels: layout.numChannels,
        decoder: 'ffmpeg',
      },
      duration,
      blocks: samples(reader, layout, rest, async (numFrames) => {
        const code = await ended;
        signal?.throwIfAborted();
        if (numFrames === 0) throw failure(input.name, log.text());
        const slack = SLACK[withPictures ? 'video' : 'sound'];
        const announced = duration === undefined ? 0 : Math.round(duration * layout.sampleRate);
        if (EXACT_CONTAINERS.test(container) && numFrames < announced - layout.sampleRate * slack)
          warnings.push(cutShort(input.name, numFrames, announced, layout.sampleRate));
        else if (code !== 0) warnings.push(`ffmpeg stopped early on ${input.name}: ${lastLine(log.text())}`);
      }),
      warnings,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const running = new Set<ChildProcess>();

/** A program that ends takes its decoders along; one listener serves however many there are. */
function keepTrack(child: ChildProcess): void {
  if (running.size === 0) process.on('exit', killAll);
  running.add(child);
  child.once('close', () => {
    running.delete(child);
    if (running.size === 0) process.off('exit', killAll);
  });
}

function killAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Reads until the samples begin; `layout` is undefined where FFmpeg ended before. */
async function readHeader(
  reader: AsyncIterator<Uint8Array>,
  name: string,
): Promise<{ layout?: PcmLayout; rest: Uint8Array }> {
  let bytes: Uint8Array = new Uint8Array(0);
  for (;;) {
    const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).indexOf('data');
    if (data >= 0 && bytes.length >= data + 8) {
      const layout = await readWavHeader(memorySource(bytes), name);
      if ('encoding' in layout) return { layout, rest: bytes.subarray(layout.dataStart) };
    }
    const { value, done } = await reader.next();
    if (done) return { rest: bytes };
    bytes = bytes.length === 0 ? value : Buffer.concat([bytes, value]);
  }
}

async function* samples(
  reader: AsyncIterator<Uint8Array>,
  layout: PcmLayout,
  first: Uint8Array,
  atEnd: (numFrames: number) => Promise<void>,
): AsyncGenerator<Float32Array[]> {
  const stride = PCM_BYTES[layout.encoding] * layout.numChannels;
  let numFrames = 0;
  let bytes = first;
  for (;;) {
    const whole = bytes.length - (bytes.length % stride);
    if (whole > 0) {
      numFrames += whole / stride;
      yield decodePcm(bytes.subarray(0, whole), layout);
    }
    const rest = bytes.subarray(whole);
    const { value, done } = await reader.next();
    if (done) break;
    bytes = rest.length === 0 ? value : Buffer.concat([rest, value]);
  }
  await atEnd(numFrames);
}

/** What FFmpeg says about its input: `Input #0, mov,mp4,m4a …`, `Duration: 00:01:02.50`, `Audio: aac (LC)`. */
function described(log: string): { container: string; codec: string; duration?: number; withPictures: boolean } {
  const container = /Input #0, ([^,\s]+)/.exec(log)?.[1] ?? 'unknown';
  const codec = /Stream #0:.*Audio: ([^ ,]+)/.exec(log)?.[1] ?? 'unknown';
  const time = /Duration: (\d+):(\d+):(\d+\.\d+)/.exec(log);
  const duration = time ? Number(time[1]) * 3600 + Number(time[2]) * 60 + Number(time[3]) : undefined;
  const withPictures = /Stream #0:\d+.*: Video: (?!.*\(attached pic\))/.test(log); // a cover lasts no time
  return { container, codec, duration, withPictures };
}

function failure(name: string, log: string): AudioError {
  if (/Stream #0:\d+.*: Video/.test(log) && !/Stream #0:\d+.*: Audio/.test(log))
    return new AudioError('audio_no_sound_track', `${name} is a video without sound.`);
  if (/Input #0/.test(log) && !/Stream #0:\d+.*: Audio/.test(log))
    return new AudioError('audio_no_sound_track', `${name} has no sound track.`);
  if (/moov atom not found/.test(log))
    return new AudioError('audio_truncated', `${name} was cut off: the index at the end of an MP4 is missing.`);
  if (/Input #0/.test(log))
    return new AudioError('audio_truncated', `${name} has a sound track of which nothing could be decoded.`);
  return new AudioError('audio_not_audio', `${name} is not a recording that ffmpeg can read: ${lastLine(log)}`);
}

function lastLine(log: string): string {
  const line = log.trimEnd().split('\n').at(-1) ?? '';
  return line.replace(/^(file:)?\S*?: (?=\S)/, '').trim();
}

/** Keeps the beginning and the end of what a program says. */
function collect(stream: Readable): { text(): string } {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    text += chunk;
    if (text.length > 65536) text = `${text.slice(0, 32768)}\n${text.slice(-16384)}`;
  });
  return { text: () => text };
}
