import type { Diarization } from '../core/diarization.ts';
import { mostShared } from '../core/mostShared.ts';
import type { Turn } from '../core/turn.ts';
import { type MonotoneMap, readMonotone } from '../math/monotone.ts';
import type { ConfidenceMaps } from '../model/manifest.ts';
import type { Evidence, TurnEvidence } from './evidence.ts';
import { speakerNames } from './turns.ts';

/**
 * From the pipeline's evidence to how often it is right: each raw number through a rising curve that was fitted where the
 * truth is known (engine/bench/calibrateConfidence.ts). The curves are a model's own and stand in its manifest; a model
 * without them is given its evidence as it is, and `calibrated` says so. docs/confidence.md shows what the numbers are worth.
 */
const AS_IT_IS: MonotoneMap = [
  [0, 0],
  [1, 1],
];

/** The result with how sure it is: in its turns, its speakers, and frame by frame. */
export function withConfidence(result: Diarization, evidence: Evidence, maps: ConfidenceMaps | undefined): Diarization {
  const { frame = AS_IT_IS, turn: ofTurn = AS_IT_IS, speaker: ofSpeaker = AS_IT_IS } = maps ?? {};
  const names = speakerNames(evidence.turns);
  const shares = evidence.turns.map((turn) => sharesOf(turn, readMonotone(ofTurn, turn.own), names));
  const turns = result.turns.map((turn, i) => ({ ...turn, confidence: shares[i][turn.speaker] }));
  const clusterOf = new Map([...names].map(([cluster, label]) => [label, cluster]));
  return {
    ...result,
    turns,
    exclusiveTurns: asTheirWhole(result.exclusiveTurns, turns),
    speakers: result.speakers.map((speaker) => ({
      ...speaker,
      confidence: readMonotone(ofSpeaker, evidence.speakers.get(clusterOf.get(speaker.label)!) ?? 0),
    })),
    confidence: {
      calibrated: maps !== undefined,
      frames: {
        grid: evidence.frames.grid,
        values: evidence.frames.values.map((raw) => readMonotone(frame, raw)),
      },
      shares,
    },
  };
}

/** What its own speaker leaves is shared by the others as their voices are like the one heard. */
function sharesOf(
  { cluster, voice }: TurnEvidence,
  own: number,
  names: ReadonlyMap<number, string>,
): Readonly<Record<string, number>> {
  const others = [...names.keys()].filter((other) => other !== cluster);
  const like = others.map((other) => voice[other] ?? 0);
  const sum = like.reduce((a, b) => a + b, 0);
  const shares: Record<string, number> = {};
  for (const [other, label] of names) {
    if (other === cluster) shares[label] = own;
    else shares[label] = (1 - own) * (sum > 0 ? (voice[other] ?? 0) / sum : 1 / others.length);
  }
  return shares;
}

/** An exclusive turn is as sure as the turn of its speaker that it is cut from. */
function asTheirWhole(cuts: readonly Turn[], turns: readonly Turn[]): Turn[] {
  const bySpeaker = new Map<string, Turn[]>();
  for (const turn of turns) {
    const own = bySpeaker.get(turn.speaker);
    if (own) own.push(turn);
    else bySpeaker.set(turn.speaker, [turn]);
  }
  const wholeOf = new Map([...bySpeaker].map(([speaker, own]) => [speaker, mostShared(own)]));
  return cuts.map((cut) => {
    const own = bySpeaker.get(cut.speaker) ?? [];
    return { ...cut, confidence: own[wholeOf.get(cut.speaker)?.(cut) ?? -1]?.confidence ?? 0 };
  });
}

/** Turns as a reviewer should see them: the least sure first, of equals the longer, then the earlier. */
export function leastSure(turns: readonly Turn[]): Turn[] {
  const sure = ({ confidence = 1 }: Turn): number => confidence;
  return [...turns].sort((a, b) => sure(a) - sure(b) || b.end - b.start - (a.end - a.start) || a.start - b.start);
}
