import type { Annotation } from '../core/annotation.ts';
import { type Evaluated, evaluate, type ScoringOptions } from './evaluated.ts';
import { cropTo, type Intervals, totalDuration, union } from './intervals.ts';
import { optimalMapping } from './mapping.ts';
import type { Metric } from './metric.ts';
import { orderedAsLetters, orderedAsNumbers } from './renamed.ts';
import { labelStretches } from './tracks.ts';

/**
 * Jaccard error rate: for each reference speaker 1 − intersection/union with the hypothesis speaker mapped to it, 1 for
 * who has none; the mean over speakers. Who talks little counts as much as who talks a lot, and it never passes 100 %.
 * Over many files it is the mean over the speakers of all files, not of the files.
 * N. Ryant et al., "Second DIHARD Challenge Evaluation Plan" (2019), section 3.2; equal to pyannote.metrics 4.2.0
 * `JaccardErrorRate`: without a reference speaker it is 1, even with an empty hypothesis.
 */
export interface JaccardErrors {
  readonly jer: number;
  /** The sum of the speakers' error rates. */
  readonly speakerError: number;
  readonly speakerCount: number;
}

export function jaccardErrorRate(
  reference: Annotation,
  hypothesis: Annotation,
  options: ScoringOptions = {},
): JaccardErrors {
  const components = jer.measure(evaluate(reference, hypothesis, options));
  return { jer: jer.rate(components), ...components };
}

export const jer: Metric<'speakerError' | 'speakerCount'> = {
  id: 'jer',
  name: 'jaccard error rate',
  unit: 'percent',
  components: ['speakerError', 'speakerCount'],
  measure: speakerErrors,
  rate: ({ speakerError, speakerCount }) => (speakerCount > 0 ? speakerError / speakerCount : 1),
};

function speakerErrors(file: Evaluated): { speakerError: number; speakerCount: number } {
  const reference = orderedAsLetters(file.reference);
  const hypothesis = orderedAsNumbers(file.hypothesis);
  const mapping = optimalMapping(reference, hypothesis);
  const spoken = labelStretches(reference);
  const heard = labelStretches(hypothesis);
  let speakerError = 0;
  for (let speaker = 0; speaker < spoken.length; speaker++) {
    speakerError += mapping[speaker] < 0 ? 1 : jaccardError(spoken[speaker], heard[mapping[speaker]]);
  }
  return { speakerError, speakerCount: spoken.length };
}

function jaccardError(reference: Intervals, hypothesis: Intervals): number {
  const spoken = union(reference);
  const heard = union(hypothesis);
  const falseAlarm = totalDuration(heard) - totalDuration(cropTo(spoken, hypothesis));
  const miss = totalDuration(spoken) - totalDuration(cropTo(heard, reference));
  return (falseAlarm + miss) / totalDuration(union(joined(reference, hypothesis)));
}

function joined(a: Intervals, b: Intervals): Intervals {
  const length = a.starts.length + b.starts.length;
  const starts = new Float64Array(length);
  const ends = new Float64Array(length);
  starts.set(a.starts);
  starts.set(b.starts, a.starts.length);
  ends.set(a.ends);
  ends.set(b.ends, a.ends.length);
  return { starts, ends };
}
