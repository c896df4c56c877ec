import { SEGMENT_PRECISION, type Seconds } from '../core/segment.ts';
import type { Tracks } from './tracks.ts';

/**
 * Between two neighbouring boundaries nothing changes: so many reference tracks, so many hypothesis tracks, of which
 * some carry the same label. What matches is correct; of the rest pairs are confused, and what is left over is missed or
 * a false alarm. pyannote.metrics 4.2.0 `LabelMatcher` within `IdentificationErrorRate.compute_components`.
 *
 *     reference   |_A_______|   |_B___|            count    reference 1   hypothesis 2   same label 1
 *     hypothesis  |_A_|_C_______|                           → 1 correct, 0 confused, 1 false alarm
 *                   |_B_|
 *
 * One sweep keeps the counts a label, so a boundary costs the same whatever overlaps there.
 */

/** Seconds, each track counted on its own. */
export interface Errors {
  readonly total: Seconds;
  readonly correct: Seconds;
  readonly confusion: Seconds;
  readonly falseAlarm: Seconds;
  readonly missedDetection: Seconds;
}

/** A stretch in which nothing changes, and how many tracks are what. */
export interface Moment {
  start: Seconds;
  end: Seconds;
  numReference: number;
  numHypothesis: number;
  numCorrect: number;
}

/** Adds up the moments. `same[h]` is the reference label that hypothesis label h stands for, or below 0. */
export function matchTracks(reference: Tracks, hypothesis: Tracks, same: Int32Array): Errors {
  let total = 0;
  let correct = 0;
  let confusion = 0;
  let falseAlarm = 0;
  let missedDetection = 0;
  forEachMoment(reference, hypothesis, same, ({ start, end, numReference, numHypothesis, numCorrect }) => {
    const duration = end - start;
    const paired = Math.min(numReference, numHypothesis);
    total += duration * numReference;
    correct += duration * numCorrect;
    confusion += duration * (paired - numCorrect);
    missedDetection += duration * (numReference - paired);
    falseAlarm += duration * (numHypothesis - paired);
  });
  return { total, correct, confusion, falseAlarm, missedDetection };
}

/** Calls `visit` for each moment in order of time; the moment it gets is the same object every time. */
function forEachMoment(reference: Tracks, hypothesis: Tracks, same: Int32Array, visit: (moment: Moment) => void): void {
  // Labels of both sides in one range: the reference's first, then one for each label of the hypothesis that has none.
  const numLabels = reference.labels.length + hypothesis.labels.length;
  const inReference = new Int32Array(numLabels);
  const inHypothesis = new Int32Array(numLabels);
  const labelOf = hypothesis.labels.map((_, h) => (same[h] >= 0 ? same[h] : reference.labels.length + h));

  const refStarts = reference.starts;
  const hypStarts = hypothesis.starts;
  const { ends: refEnds, label: refEndLabel } = byEnd(reference);
  const { ends: hypEnds, label: hypEndLabel } = byEnd(hypothesis);
  let rs = 0;
  let re = 0;
  let hs = 0;
  let he = 0;
  const moment: Moment = { start: 0, end: 0, numReference: 0, numHypothesis: 0, numCorrect: 0 };

  while (re < refEnds.length || he < hypEnds.length) {
    let now = Number.POSITIVE_INFINITY;
    if (rs < refStarts.length && refStarts[rs] < now) now = refStarts[rs];
    if (re < refEnds.length && refEnds[re] < now) now = refEnds[re];
    if (hs < hypStarts.length && hypStarts[hs] < now) now = hypStarts[hs];
    if (he < hypEnds.length && hypEnds[he] < now) now = hypEnds[he];

    moment.end = now;
    if (moment.numReference + moment.numHypothesis > 0 && now - moment.start > SEGMENT_PRECISION) visit(moment);
    moment.start = now;

    for (; rs < refStarts.length && refStarts[rs] === now; rs++) {
      const label = reference.label[rs];
      if (inReference[label]++ < inHypothesis[label]) moment.numCorrect++;
      moment.numReference++;
    }
    for (; hs < hypStarts.length && hypStarts[hs] === now; hs++) {
      const label = labelOf[hypothesis.label[hs]];
      if (inHypothesis[label]++ < inReference[label]) moment.numCorrect++;
      moment.numHypothesis++;
    }
    for (; re < refEnds.length && refEnds[re] === now; re++) {
      const label = refEndLabel[re];
      if (--inReference[label] < inHypothesis[label]) moment.numCorrect--;
      moment.numReference--;
    }
    for (; he < hypEnds.length && hypEnds[he] === now; he++) {
      const label = labelOf[hypEndLabel[he]];
      if (--inHypothesis[label] < inReference[label]) moment.numCorrect--;
      moment.numHypothesis--;
    }
  }
}

function byEnd({ ends, label }: Tracks): { ends: Float64Array; label: Int32Array } {
  const order = new Uint32Array(ends.length);
  for (let i = 0; i < order.length; i++) order[i] = i;
  order.sort((a, b) => ends[a] - ends[b]);
  return { ends: Float64Array.from(order, (i) => ends[i]), label: Int32Array.from(order, (i) => label[i]) };
}
