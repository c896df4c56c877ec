import { SEGMENT_PRECISION, type Seconds } from '../core/segment.ts';
import { named } from './der.ts';
import type { Evaluated } from './evaluated.ts';
import { type Mapping, optimalMapping } from './mapping.ts';
import { orderedAsLetters, orderedAsNumbers } from './renamed.ts';
import type { Tracks } from './tracks.ts';

/**
 * Where the errors of a DER are and whose: what the numbers of `matching.ts` add up, as stretches of time. At any moment
 * the tracks that match are taken out; of the rest reference and hypothesis are confused in order of their labels, and
 * what is left over on one side is missed or a false alarm. So the lengths by kind are DER's components.
 */
export type ErrorKind = 'miss' | 'false alarm' | 'confusion';

export interface ErrorSpan {
  readonly kind: ErrorKind;
  readonly start: Seconds;
  readonly end: Seconds;
  /** Who talks; not of a false alarm. */
  readonly reference?: string;
  /** Who is heard, by the hypothesis' own name; not of a miss. */
  readonly hypothesis?: string;
}

export interface LocatedErrors {
  readonly spans: readonly ErrorSpan[];
  readonly mapping: ReadonlyMap<string, string>;
}

/** In order of time, each as long as it lasts with the same speakers. */
export function errorSpans(file: Evaluated): LocatedErrors {
  const reference = orderedAsLetters(file.reference);
  const hypothesis = orderedAsNumbers(file.hypothesis);
  const mapping = optimalMapping(hypothesis, reference);
  const spans: Writable<ErrorSpan>[] = [];
  const open = new Map<string, Writable<ErrorSpan>>();
  const add = (kind: ErrorKind, start: Seconds, end: Seconds, r: number, h: number): void => {
    const key = `${r} ${h}`;
    const last = open.get(key);
    if (last && last.end === start) {
      last.end = end;
      return;
    }
    const span: Writable<ErrorSpan> = { kind, start, end };
    if (r >= 0) span.reference = reference.labels[r];
    if (h >= 0) span.hypothesis = hypothesis.labels[h];
    open.set(key, span);
    spans.push(span);
  };

  const times = boundaries(reference, hypothesis);
  const talking = activeLabels(reference);
  const heard = activeLabels(hypothesis);
  for (let i = 1; i < times.length; i++) {
    const start = times[i - 1];
    const end = times[i];
    const spoken = talking(start);
    const found = heard(start);
    if (!(end - start > SEGMENT_PRECISION)) continue;
    const [missed, wrong] = withoutMatches(spoken, found, mapping);
    const confused = Math.min(missed.length, wrong.length);
    for (let k = 0; k < confused; k++) add('confusion', start, end, missed[k], wrong[k]);
    for (let k = confused; k < missed.length; k++) add('miss', start, end, missed[k], -1);
    for (let k = confused; k < wrong.length; k++) add('false alarm', start, end, -1, wrong[k]);
  }
  return { spans, mapping: named(mapping, hypothesis.labels, reference.labels) };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** All starts and ends once, in order. */
function boundaries(...sides: readonly Tracks[]): Float64Array {
  const all = new Float64Array(sides.reduce((sum, { starts }) => sum + 2 * starts.length, 0));
  let at = 0;
  for (const { starts, ends } of sides) {
    all.set(starts, at);
    all.set(ends, (at += starts.length));
    at += ends.length;
  }
  all.sort();
  return all.filter((time, i) => i === 0 || time !== all[i - 1]);
}

/** Asked with times in order: the labels of the tracks that last there, sorted, one for each track. */
function activeLabels({ starts, ends, label }: Tracks): (time: Seconds) => number[] {
  let next = 0;
  let active: number[] = [];
  return (time) => {
    active = active.filter((track) => ends[track] > time);
    for (; next < starts.length && starts[next] <= time; next++) if (ends[next] > time) active.push(next);
    return active.map((track) => label[track]).sort((a, b) => a - b);
  };
}

/** Reference labels without their partner and hypothesis labels without theirs. */
function withoutMatches(spoken: readonly number[], found: readonly number[], mapping: Mapping): [number[], number[]] {
  const missed = [...spoken];
  const wrong: number[] = [];
  for (const h of found) {
    const at = mapping[h] < 0 ? -1 : missed.indexOf(mapping[h]);
    if (at < 0) wrong.push(h);
    else missed.splice(at, 1);
  }
  return [missed, wrong];
}
