import { type HearingOptions, monoOf } from '../audio/heard.ts';
import { streamOf } from '../audio/samples.ts';
import type { AudioStream } from '../core/audio.ts';
import { decodeBlob } from './decode.ts';
import type { SentRecording } from './messages.ts';
import { downloadBlob } from './open.ts';

/** What reached the worker as the mono 16 kHz stream that the pipeline listens to. */
export async function openRecording(
  recording: SentRecording,
  options: HearingOptions & { readonly signal: AbortSignal },
): Promise<AudioStream> {
  switch (recording.kind) {
    case 'audio':
      return streamOf(recording.audio, { resampler: options.resampler });
    case 'blob':
      return monoOf(await decodeBlob(recording.blob, recording.name), options);
    case 'url': {
      const name = recording.url;
      return monoOf(await decodeBlob(await downloadBlob(recording.url, options.signal), name), options);
    }
    case 'planar': {
      const { channels, sampleRate } = recording;
      return monoOf(
        {
          source: {
            container: 'unknown',
            codec: 'unknown',
            sampleRate,
            numChannels: channels.length,
            decoder: 'decodeAudioData',
          },
          duration: channels[0].length / sampleRate,
          blocks: secondsOf(channels, sampleRate),
          warnings: [],
          close: async () => undefined,
        },
        options,
      );
    }
  }
}

async function* secondsOf(channels: readonly Float32Array[], length: number): AsyncGenerator<Float32Array[]> {
  for (let from = 0; from < channels[0].length; from += length)
    yield channels.map((samples) => samples.subarray(from, from + length));
}
