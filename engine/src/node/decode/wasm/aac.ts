import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AudioDecoder } from 'audio-file-decoder';

/**
 * AAC by FFmpeg's own decoder, as the package audio-file-decoder ships it (LGPL 2.1, WebAssembly). That package decodes
 * whole files, so a recording is handed to it in pieces: a run of ADTS frames is a file of its own.
 *
 *   frames    … 40 41 42 43 44 45 46 47 …
 *   piece n         [preroll][  kept …  ]
 *   piece n+1                  [preroll][  kept …  ]
 *
 * An AAC frame needs its predecessor (the transform overlaps by half); high-efficiency AAC also needs the last band
 * replication header, sent about twice a second. So each piece begins with earlier frames whose samples are dropped.
 */
export const PREROLL_FRAMES = 64;

export interface AacDecoder {
  /** The samples of `frames` (each with its ADTS header) from index `keepFrom` on; a broken frame becomes silence. */
  decode(frames: readonly Uint8Array[], keepFrom: number): Promise<AacSamples>;
}

export interface AacSamples {
  readonly sampleRate: number;
  readonly channels: Float32Array[];
  readonly numErrors: number;
}

type Run = Omit<AacSamples, 'numErrors'>;
type Constructor = new (module: unknown, data: ArrayBuffer) => AudioDecoder;

/** With fewer frames than this in a row FFmpeg does not recognise ADTS. */
const MIN_FRAMES = 8;

/** The package seeks to 0 before it decodes, and lands behind the first frame of ADTS. */
const LOST_FRAMES = 1;

export function createAacDecoder(): AacDecoder {
  let module: unknown;
  let Decoder: Constructor | undefined;
  let format: { sampleRate: number; numChannels: number; samplesPerFrame: number } | undefined;

  async function open(frames: readonly Uint8Array[]): Promise<AudioDecoder> {
    const { buffer } = concatenate(frames);
    if (Decoder !== undefined) return new Decoder(module, buffer);
    const decoder = await loadDecoder(buffer);
    module = (decoder as unknown as { _module: unknown })._module; // one instance serves all pieces
    Decoder = decoder.constructor as Constructor;
    return decoder;
  }

  /** Undefined where FFmpeg refuses a frame of the run. */
  async function decodeRun(frames: readonly Uint8Array[], keepFrom: number): Promise<Run | undefined> {
    const missing = Math.max(LOST_FRAMES, MIN_FRAMES - frames.length);
    const run = [...Array.from({ length: missing }, () => frames[0]), ...frames];
    let decoder: AudioDecoder | undefined;
    try {
      decoder = await open(run);
      const samples = decoder.decodeAudioData(0, -1, { multiChannel: true });
      const { sampleRate, channelCount: numChannels } = decoder;
      const total = samples.length / numChannels;
      if (total < (run.length - LOST_FRAMES) * 1024) return undefined;
      // Before the first band replication header frames are half as long: what is kept is counted from the end.
      const samplesPerFrame = total > run.length * 1024 ? 2048 : 1024;
      format ??= { sampleRate, numChannels, samplesPerFrame };
      const numKept = (frames.length - keepFrom) * samplesPerFrame;
      const from = total - numKept;
      const channels = Array.from({ length: numChannels }, () => new Float32Array(numKept));
      for (let c = 0; c < numChannels; c++)
        for (let i = Math.max(0, -from); i < numKept; i++) channels[c][i] = samples[(from + i) * numChannels + c];
      return { sampleRate, channels };
    } catch (error) {
      if (typeof error === 'string') return undefined; // what FFmpeg refuses comes as a string
      if ((error as Error).name !== 'RuntimeError') throw error; // WebAssembly.RuntimeError
      Decoder = undefined; // it stumbled over a broken frame: its memory is not to be trusted any more
      decoder = undefined;
      return undefined;
    } finally {
      decoder?.dispose();
    }
  }

  /** Halves the kept frames until the broken ones stand alone. */
  async function decode(frames: readonly Uint8Array[], keepFrom: number): Promise<AacSamples> {
    const whole = await decodeRun(frames, keepFrom);
    if (whole !== undefined) return { ...whole, numErrors: 0 };
    const numKept = frames.length - keepFrom;
    if (numKept > 1) {
      const middle = keepFrom + (numKept >> 1);
      const head = await decode(frames.slice(0, middle), keepFrom);
      const tail = await decode(frames.slice(Math.max(0, middle - PREROLL_FRAMES)), Math.min(middle, PREROLL_FRAMES));
      return join(head, tail);
    }
    if (keepFrom > 0) return decode(frames.slice(keepFrom), 0); // perhaps only a frame of the preroll is broken
    const { sampleRate, numChannels, samplesPerFrame } = format ?? {
      sampleRate: 0,
      numChannels: 0,
      samplesPerFrame: 0,
    };
    const channels = Array.from({ length: numChannels }, () => new Float32Array(samplesPerFrame));
    return { sampleRate, channels, numErrors: 1 };
  }

  return { decode };
}

function join(head: AacSamples, tail: AacSamples): AacSamples {
  const numErrors = head.numErrors + tail.numErrors;
  if (head.channels.length === 0) return { ...tail, numErrors };
  if (tail.channels.length === 0) return { ...head, numErrors };
  const channels = head.channels.map((samples, c) => {
    const out = new Float32Array(samples.length + tail.channels[c].length);
    out.set(samples);
    out.set(tail.channels[c], samples.length);
    return out;
  });
  return { sampleRate: head.sampleRate, channels, numErrors };
}

function concatenate(frames: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(frames.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const frame of frames) {
    out.set(frame, at);
    at += frame.length;
  }
  return out;
}

/**
 * The package was made for browsers' bundlers and CommonJS: it wants `__dirname` and `require` as globals and its
 * WebAssembly as something to fetch. This thread is ours alone, so it may have them.
 */
async function loadDecoder(data: ArrayBuffer): Promise<AudioDecoder> {
  const require = createRequire(import.meta.url);
  Object.assign(globalThis, { __dirname: '/', require });
  const { getAudioDecoder } = await import('audio-file-decoder');
  const wasm = readFileSync(require.resolve('audio-file-decoder/decode-audio.wasm')).toString('base64');
  return getAudioDecoder(`data:application/wasm;base64,${wasm}`, data);
}
