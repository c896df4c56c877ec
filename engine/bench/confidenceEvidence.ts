import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Diarization } from '../src/core/diarization.ts';
import type { Turn } from '../src/core/turn.ts';
import { parseRttm } from '../src/formats/rttm.ts';
import { parseUem } from '../src/formats/uem.ts';
import { assignMax } from '../src/math/assignment.ts';
import type { Observation } from '../src/math/monotone.ts';

/**
 * What came of a result's confidence: frame by frame, whether exactly those talk who should; turn by turn and speaker by
 * speaker, for what part of it the person talks whom the speaker stands for. Who stands for whom is the one-to-one
 * assignment with the longest common time, as in DER. Time outside the UEM does not count.
 */
export const LEVELS = ['frame', 'turn', 'speaker'] as const;
export type Level = (typeof LEVELS)[number];

export interface Observed extends Observation {
  readonly level: Level;
}

/** Weights are seconds, and 1 for a speaker. `path` has an RTTM beside it. */
export function hearRecording(path: string, result: Diarization): Observed[] {
  const stem = path.replace(/\.[^.]+$/, '');
  return compareConfidence(result, referenceOf(stem), judgedOf(stem, result.duration));
}

export function compareConfidence(
  { turns, speakers, confidence }: Diarization,
  reference: readonly Turn[],
  isJudged: (time: number) => boolean,
): Observed[] {
  const { grid, values } = confidence!.frames;
  const people = [...new Set(reference.map(({ speaker }) => speaker))];
  const labels = speakers.map(({ label }) => label);
  const times = Array.from(values, (_, i) => grid.start + 0.5 * grid.duration + i * grid.step);
  const found = onGrid(turns, labels, times);
  const truth = onGrid(reference, people, times);
  const judged = times.map(isJudged);
  const standsFor = assign(found, truth, judged, labels.length, people.length);

  const right = (i: number): boolean =>
    found[i].size === truth[i].size && [...found[i]].every((who) => truth[i].has(standsFor[who]));
  const observed: Observed[] = [];
  for (let i = 0; i < times.length; i++)
    if (judged[i]) observed.push({ level: 'frame', raw: values[i], outcome: Number(right(i)), weight: grid.step });

  const bySpeaker = labels.map(() => ({ seconds: 0, right: 0 }));
  for (const { start, end, speaker, confidence: raw = 0 } of turns) {
    const who = labels.indexOf(speaker);
    let [all, his] = [0, 0];
    for (let i = 0; i < times.length; i++) {
      if (!judged[i] || times[i] < start || times[i] >= end) continue;
      all++;
      if (truth[i].has(standsFor[who])) his++;
    }
    if (all === 0) continue;
    observed.push({ level: 'turn', raw, outcome: his / all, weight: all * grid.step });
    bySpeaker[who].seconds += all;
    bySpeaker[who].right += his;
  }
  for (const [who, { seconds, right: his }] of bySpeaker.entries())
    if (seconds > 0)
      observed.push({ level: 'speaker', raw: speakers[who].confidence ?? 0, outcome: his / seconds, weight: 1 });
  return observed;
}

function onGrid(turns: readonly Turn[], labels: readonly string[], times: readonly number[]): Set<number>[] {
  const sets = times.map(() => new Set<number>());
  for (const { start, end, speaker } of turns) {
    const who = labels.indexOf(speaker);
    for (let i = 0; i < times.length; i++) if (start <= times[i] && times[i] < end) sets[i].add(who);
  }
  return sets;
}

/** (speaker found) person, or -1. */
function assign(
  found: readonly ReadonlySet<number>[],
  truth: readonly ReadonlySet<number>[],
  judged: readonly boolean[],
  numFound: number,
  numPeople: number,
): Int32Array {
  const together = new Float64Array(numFound * numPeople);
  for (let i = 0; i < found.length; i++)
    if (judged[i]) for (const who of found[i]) for (const person of truth[i]) together[who * numPeople + person]++;
  const assigned = assignMax(together, numFound, numPeople, -1);
  return assigned.map((person, who) => (person >= 0 && together[who * numPeople + person] > 0 ? person : -1));
}

function referenceOf(stem: string): readonly Turn[] {
  const file = `${stem}.rttm`;
  const found = parseRttm(readFileSync(file, 'utf8'), { file });
  return (found.find(({ uri }) => uri === basename(stem)) ?? found[0]).turns;
}

function judgedOf(stem: string, duration: number): (time: number) => boolean {
  const file = `${stem}.uem`;
  if (!existsSync(file)) return (time) => time < duration;
  const { timeline } = parseUem(readFileSync(file, 'utf8'), { file })[0];
  return (time) => time < duration && timeline.some(({ start, end }) => start <= time && time < end);
}
