import { checkSamples, streamOf } from '../audio/samples.ts';
import { zeroNonFinite } from '../audio/sanitize.ts';
import type { Audio, AudioStream } from '../core/audio.ts';
import type { AudioInput } from './decode/input.ts';
import { type OpenAudioOptions, openAudio } from './decode/openAudio.ts';
import { untilAborted } from './untilAborted.ts';

/** A recording: a path, a URL, the bytes of a file, samples, or a stream of them at the model's rate. */
export type Recording = AudioInput | Audio | AudioStream;

/** Samples, a stream, or a recording to be opened. */
export function openRecording(recording: Recording, options: OpenAudioOptions): Promise<AudioStream> | AudioStream {
  const { resampler, signal } = options;
  if (isSamples(recording)) return streamOf(recording, { resampler });
  return isStream(recording) ? checkedStream(recording, signal) : openAudio(recording, options);
}

/**
 * The caller's own stream, which knows nothing of the signal and may hold anything. Its duration and warnings may change as
 * it is read.
 */
function checkedStream(stream: AudioStream, signal: AbortSignal | undefined): AudioStream {
  const warnings: string[] = [];
  async function* blocks(): AsyncGenerator<Float32Array> {
    let broken = 0;
    for await (const block of signal === undefined ? stream.blocks : untilAborted(stream.blocks, signal)) {
      checkSamples(block);
      const own = block.slice(); // the caller's samples stay as they are
      broken += zeroNonFinite(own);
      yield own;
    }
    if (broken > 0) warnings.push(`${broken} samples were not numbers (NaN or infinite) and were taken as silence.`);
  }
  return {
    sampleRate: stream.sampleRate,
    get duration() {
      return stream.duration;
    },
    get source() {
      return stream.source;
    },
    get warnings() {
      return [...(stream.warnings ?? []), ...warnings];
    },
    blocks: blocks(),
    close: async () => stream.close?.(),
  };
}

function isSamples(recording: Recording): recording is Audio {
  return typeof recording === 'object' && recording !== null && 'samples' in recording;
}

function isStream(recording: Recording): recording is AudioStream {
  return typeof recording === 'object' && recording !== null && 'blocks' in recording;
}
