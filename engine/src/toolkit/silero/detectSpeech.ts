import type { AudioStream } from '../../core/audio.ts';
import { AudioError } from '../../core/errors.ts';
import type { Frames } from '../../core/frames.ts';
import type { Detection } from '../segmentation/detect.ts';
import type { WindowOptions } from '../segmentation/windowScores.ts';
import type { SileroModel } from './sileroModel.ts';
import { type SpeechSpansOptions, speechSpans } from './speechSpans.ts';

/** Voice activity by Silero VAD: silero-vad 6.2.3 `get_speech_timestamps`. Scores are one a step of 32 ms. */
export async function detectSpeechSilero(
  audio: AudioStream,
  model: SileroModel,
  { signal, observe, ...options }: SpeechSpansOptions & Pick<WindowOptions, 'signal' | 'observe'> = {},
): Promise<Detection> {
  const { sampleRate, stepNumSamples } = model;
  if (audio.sampleRate !== sampleRate)
    throw new RangeError(
      `Got sound at ${audio.sampleRate} Hz when the model hears ${sampleRate} Hz: resample it first.`,
    );
  const stepDuration = stepNumSamples / sampleRate;
  speechSpans({ probabilities: new Float32Array(), sampleRate, stepNumSamples, numSamples: 0 }, options); // refuses early
  const stream = model.begin();
  const parts: Float32Array[] = [];
  let numSamples = 0;
  for await (const block of audio.blocks) {
    signal?.throwIfAborted();
    // a second at a time, so that a long block can be stopped within
    for (let from = 0; from < block.length; from += sampleRate) {
      signal?.throwIfAborted();
      const piece = block.subarray(from, from + sampleRate);
      parts.push(await stream.push(piece));
      numSamples += piece.length;
    }
    observe?.({ type: 'progress', stage: 'vad', done: numSamples / sampleRate, total: audio.duration });
  }
  parts.push(await stream.end());
  if (numSamples === 0) throw new AudioError('audio_empty', 'The recording holds no samples.');

  const probabilities = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    probabilities.set(part, at);
    at += part.length;
  }
  const scores: Frames = {
    grid: { start: 0, duration: stepDuration, step: stepDuration },
    numFrames: probabilities.length,
    width: 1,
    data: probabilities,
  };
  const segments = speechSpans({ probabilities, sampleRate, stepNumSamples, numSamples }, options);
  return { duration: numSamples / sampleRate, segments, scores };
}
