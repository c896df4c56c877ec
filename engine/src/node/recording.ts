import { streamOf } from '../audio/samples.ts';
import type { Audio, AudioStream } from '../core/audio.ts';
import type { AudioInput } from './decode/input.ts';
import { type OpenAudioOptions, openAudio } from './decode/openAudio.ts';

/** A recording: a path, a URL, the bytes of a file, samples, or a stream of them at the model's rate. */
export type Recording = AudioInput | Audio | AudioStream;

/** Samples, a stream, or a recording to be opened. */
export function openRecording(recording: Recording, options: OpenAudioOptions): Promise<AudioStream> | AudioStream {
  if (isSamples(recording)) return streamOf(recording, { resampler: options.resampler });
  return isStream(recording) ? recording : openAudio(recording, options);
}

function isSamples(recording: Recording): recording is Audio {
  return typeof recording === 'object' && recording !== null && 'samples' in recording;
}

function isStream(recording: Recording): recording is AudioStream {
  return typeof recording === 'object' && recording !== null && 'blocks' in recording;
}
