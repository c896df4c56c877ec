import { streamOf } from '../audio/samples.ts';
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
  if (!isStream(recording)) return openAudio(recording, options);
  return signal === undefined ? recording : abortableStream(recording, signal);
}

/** The caller's own stream, which knows nothing of the signal. Its duration and warnings may change as it is read. */
function abortableStream(stream: AudioStream, signal: AbortSignal): AudioStream {
  return {
    sampleRate: stream.sampleRate,
    get duration() {
      return stream.duration;
    },
    get source() {
      return stream.source;
    },
    get warnings() {
      return stream.warnings;
    },
    blocks: untilAborted(stream.blocks, signal),
    close: async () => stream.close?.(),
  };
}

function isSamples(recording: Recording): recording is Audio {
  return typeof recording === 'object' && recording !== null && 'samples' in recording;
}

function isStream(recording: Recording): recording is AudioStream {
  return typeof recording === 'object' && recording !== null && 'blocks' in recording;
}
