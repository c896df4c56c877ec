import type { Seconds } from '../core/segment.ts';
import { type ChannelStatistics, NUM_LEVELS } from './channelStatistics.ts';
import { NUM_R2, NUM_STEPS, type PairStatistics, R2_BOUNDS, stepOf } from './pairStatistics.ts';
import { ANALYSIS_RATE, WINDOW } from './windows.ts';

/**
 * From counts of windows to words. A window is active when it is clearly above its channel's floor. A channel is
 *
 *     silent         it has no active windows, or is steady noise
 *     duplicate of n wherever one of the two is active, one explains the other; nothing is unexplained
 *     bleed of n     it is active, but louder channels explain it
 *     distinct       otherwise
 *
 * To merge two voices loses one, to keep two copies only costs time: whatever is in doubt is distinct.
 */
export interface ChannelVerdict {
  readonly channel: number;
  readonly verdict: 'distinct' | 'duplicate' | 'bleed' | 'silent';
  /** The channel that this one is a duplicate or bleed of. */
  readonly of?: number;
  /** Root mean square of the whole channel, and its peak, in dBFS; −Infinity never: −120 at least. */
  readonly levelDb: number;
  readonly peakDb: number;
  /** Noise floor and threshold of activity of the high-passed signal, in dBFS. */
  readonly floorDb: number;
  readonly thresholdDb: number;
  /** Seconds in which it is active, and between which times. */
  readonly speech: Seconds;
  readonly speechStart?: Seconds;
  readonly speechEnd?: Seconds;
}

export interface PairRelation {
  readonly a: number;
  readonly b: number;
  /**
   * `equal` sample by sample; `scaled`, `inverted`, `delayed` copies; `similar` after lossy coding or in noise; `partial`
   * in part of the time; `bleed` of one into the other; `scene`: two microphones in one room.
   */
  readonly relation: 'equal' | 'scaled' | 'inverted' | 'delayed' | 'similar' | 'partial' | 'bleed' | 'scene';
  /** Correlation where the one is heard in the other, 0..1. */
  readonly similarity: number;
  /** Level of `a` in `b` over that in `a`; for bleed the louder of the two directions. */
  readonly gainDb: number;
  /** Seconds that `b` comes after `a`. */
  readonly delay: Seconds;
  readonly inverted: boolean;
  /** The share of active windows in which the one is heard in the other. */
  readonly share: number;
  /** Of bleed, the level of `a` in `b` and of `b` in `a`; absent where it was not heard. */
  readonly bleedIntoB?: number;
  readonly bleedIntoA?: number;
}

/** Below this nobody is heard. */
const FAINTEST = 15; // level: −85 dBFS

export function judge(
  channels: ChannelStatistics,
  pairs: PairStatistics,
  duration: Seconds,
): { verdicts: readonly ChannelVerdict[]; relations: readonly PairRelation[] } {
  const { numChannels } = channels;
  const activity = Array.from({ length: numChannels }, (_, c) => activityOf(channels, c));
  const relations: PairRelation[] = [];
  const verdicts: ChannelVerdict[] = [];
  const copies = new Map<string, PairRelation>();
  for (let a = 0; a < numChannels; a++) {
    for (let b = a + 1; b < numChannels; b++) {
      const relation = relate(a, b, channels, pairs, activity);
      if (!relation) continue;
      relations.push(relation);
      copies.set(`${a} ${b}`, relation);
    }
  }
  const seconds = WINDOW / ANALYSIS_RATE;
  for (let c = 0; c < numChannels; c++) {
    const { floor, threshold, numActive, first, last } = activity[c];
    const found = verdictOf(c);
    verdicts.push({
      channel: c,
      ...found,
      levelDb: decibels(channels.rms(c)),
      peakDb: decibels(channels.peak(c)),
      floorDb: floor - 100,
      thresholdDb: threshold - 100,
      speech: round(Math.min(duration, numActive * seconds)),
      ...(first < 0
        ? {}
        : { speechStart: round(first * seconds), speechEnd: round(Math.min(duration, (last + 1) * seconds)) }),
    });
  }
  return { verdicts, relations };

  function verdictOf(c: number): Pick<ChannelVerdict, 'verdict' | 'of'> {
    if (activity[c].numActive === 0) return { verdict: 'silent' };
    for (const { channel, verdict } of verdicts) {
      const relation = verdict === 'distinct' ? copies.get(`${channel} ${c}`)?.relation : undefined;
      if (relation && ['equal', 'scaled', 'inverted', 'delayed', 'similar'].includes(relation))
        return { verdict: 'duplicate', of: channel };
    }
    const source = bleedSource(c, pairs, activity[c]);
    return source === undefined ? { verdict: 'distinct' } : { verdict: 'bleed', of: source };
  }
}

interface Activity {
  /** Levels, as in `levelOf`. */
  readonly floor: number;
  readonly threshold: number;
  readonly numActive: number;
  /** Windows. */
  readonly first: number;
  readonly last: number;
}

/** The floor is what a tenth of the windows stay below; a third of the way to the loudest begins activity. */
function activityOf(channels: ChannelStatistics, c: number): Activity {
  const counts = channels.levels.subarray(c * NUM_LEVELS, (c + 1) * NUM_LEVELS);
  const total = counts.reduce((sum, count) => sum + count, 0);
  const floor = quantile(counts, total * 0.1);
  const loud = quantile(counts, total * 0.95);
  const range = loud - floor;
  const steady = range < 4;
  const noise = steady && channels.flatness(c) > 0.25;
  // A tone or music without pause is all activity.
  const threshold = noise ? NUM_LEVELS : Math.max(FAINTEST, steady ? 0 : floor + Math.max(5, 0.35 * range));
  let numActive = 0;
  let [first, last] = [-1, -1];
  for (let level = Math.ceil(threshold); level < NUM_LEVELS; level++) {
    const at = c * NUM_LEVELS + level;
    if (counts[level] === 0) continue;
    numActive += counts[level];
    first = first < 0 ? channels.firstAt[at] : Math.min(first, channels.firstAt[at]);
    last = Math.max(last, channels.lastAt[at]);
  }
  return { floor, threshold, numActive, first, last };
}

function quantile(counts: Uint32Array, rank: number): number {
  let sum = 0;
  for (let level = 0; level < counts.length; level++) if ((sum += counts[level]) > rank) return level;
  return 0;
}

const HEARD = R2_BOUNDS.indexOf(0.5);
const STRANGE = R2_BOUNDS.indexOf(0.3);

/** How windows of a pair fall. */
interface Tally {
  /** One is active and is heard in the other. */
  same: number;
  /** One is active and has nothing of the other. */
  strangeA: number;
  strangeB: number;
  /** Both are active, however alike. */
  both: number;
  either: number;
}

function tally(counts: Uint32Array, a: Activity, b: Activity): Tally {
  const out: Tally = { same: 0, strangeA: 0, strangeB: 0, both: 0, either: 0 };
  const [fromA, fromB] = [stepOf(a.threshold), stepOf(b.threshold)];
  for (let levelA = 0; levelA < NUM_STEPS; levelA++) {
    for (let levelB = 0; levelB < NUM_STEPS; levelB++) {
      const activeA = levelA >= fromA && a.numActive > 0;
      const activeB = levelB >= fromB && b.numActive > 0;
      if (!activeA && !activeB) continue;
      for (let r = 0; r < NUM_R2; r++) {
        const count = counts[(levelA * NUM_STEPS + levelB) * NUM_R2 + r];
        if (count === 0) continue;
        out.either += count;
        if (activeA && activeB) out.both += count;
        if (r >= HEARD) out.same += count;
        // A window at the very threshold may be active in the one only by its noise.
        else if (r < STRANGE && activeA && levelA > fromA) out.strangeA += count;
        if (r < STRANGE && activeB && levelB > fromB) out.strangeB += count;
      }
    }
  }
  return out;
}

function relate(
  a: number,
  b: number,
  channels: ChannelStatistics,
  pairs: PairStatistics,
  activity: readonly Activity[],
): PairRelation | undefined {
  const equal = channels.equalTo(a) === channels.equalTo(b);
  const pair = pairs.relation(a, b);
  const { lag, similarity, gainDb, inverted, numIntoX, numIntoY, numEven } = pair;
  const { same, strangeA, strangeB, both, either } = tally(pairs.counts(a, b), activity[a], activity[b]);
  const share = either === 0 ? 0 : same / either;
  const base = {
    a,
    b,
    similarity: round(Math.sqrt(similarity)),
    gainDb: Math.round(gainDb * 10) / 10 + 0,
    delay: lag / ANALYSIS_RATE,
    inverted,
    share: round(share),
  };
  if (equal) {
    if (activity[a].numActive === 0) return undefined;
    return { ...base, relation: 'equal', similarity: 1, gainDb: 0, delay: 0, inverted: false, share: 1 };
  }
  if (same === 0 || Number.isNaN(gainDb)) return undefined;
  const strange = Math.max(strangeA, strangeB);
  const copy = strange <= Math.max(1, 0.02 * either) && same >= 0.8 * either && same >= Math.min(3, either);
  if (copy && (Math.abs(gainDb) < 9 || similarity >= 0.95)) {
    if (similarity < 0.98) return { ...base, relation: 'similar' };
    if (Math.abs(lag) > 1) return { ...base, relation: 'delayed' };
    return { ...base, relation: inverted ? 'inverted' : 'scaled' };
  }
  // Where one is clearly softer it hears the other; even copies of parts are no bleed.
  const numBleed = numIntoX + numIntoY;
  if (numBleed >= 2 && numBleed >= 2 * numEven && share >= 0.02) {
    const [bleedIntoA, bleedIntoB] = [pair.intoXDb, pair.intoYDb].map((db) => Math.round(db * 10) / 10 + 0);
    const levels = [...(numIntoX >= 2 ? [bleedIntoA] : []), ...(numIntoY >= 2 ? [bleedIntoB] : [])];
    return {
      ...base,
      relation: 'bleed',
      gainDb: levels.length > 0 ? Math.max(...levels) : base.gainDb,
      ...(numIntoX >= 2 ? { bleedIntoA } : {}),
      ...(numIntoY >= 2 ? { bleedIntoB } : {}),
    };
  }
  if (share >= 0.1 && strange > 0.1 * either && similarity >= 0.9) return { ...base, relation: 'partial' };
  return both >= 0.6 * either && share >= 0.3
    ? { ...base, relation: 'scene' }
    : share >= 0.1
      ? { ...base, relation: 'partial' }
      : undefined;
}

/** The channel that most of this one comes from, if nothing in it is its own. */
function bleedSource(c: number, pairs: PairStatistics, { threshold, numActive }: Activity): number | undefined {
  const counts = pairs.explained(c);
  let heard = 0;
  let own = 0;
  for (let level = stepOf(threshold); level < NUM_STEPS; level++) {
    for (let r = 0; r < NUM_R2; r++) {
      const count = counts[level * NUM_R2 + r];
      if (r >= STRANGE) heard += count;
      else if (level > stepOf(threshold)) own += count;
    }
  }
  if (heard < Math.max(2, 0.6 * numActive) || own > Math.max(1, 0.03 * numActive)) return undefined;
  const sources = pairs.sources(c);
  let most = 0;
  for (let other = 1; other < sources.length; other++) if (sources[other] > sources[most]) most = other;
  return sources[most] > 0 ? most : undefined;
}

function decibels(amplitude: number): number {
  return Math.round(Math.max(-120, 20 * Math.log10(amplitude + 1e-9)) * 10) / 10;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
