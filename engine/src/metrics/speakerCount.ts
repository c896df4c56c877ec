import type { Evaluated } from './evaluated.ts';
import { type Metric, ratio } from './metric.ts';
import { crop } from './tracks.ts';

/**
 * How many speakers there are, against how many are found. Equal to pyannote.metrics 4.2.0
 * `DiarizationSpeakerCountError` (the mean distance, in speakers) and `DiarizationSpeakerCountAccuracy` (the share of
 * files in which the number is right). Every file counts the same. Of the options only the UEM matters.
 */
export const speakerCountError: Metric<'error' | 'files'> = {
  id: 'speaker-count-error',
  name: 'diarization speaker count error',
  unit: 'number',
  components: ['error', 'files'],
  measure: (file) => ({ error: Math.abs(excessSpeakers(file)), files: 1 }),
  rate: ({ error, files }) => ratio(error, files, 0),
};

export const speakerCountAccuracy: Metric<'correct' | 'files'> = {
  id: 'speaker-count-accuracy',
  name: 'diarization speaker count accuracy',
  unit: 'percent',
  components: ['correct', 'files'],
  measure: (file) => ({ correct: excessSpeakers(file) === 0 ? 1 : 0, files: 1 }),
  rate: ({ correct, files }) => ratio(correct, files, 0),
};

function excessSpeakers({ uem, whole: { reference, hypothesis } }: Evaluated): number {
  return crop(hypothesis, uem).labels.length - crop(reference, uem).labels.length;
}
