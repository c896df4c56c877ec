import { parseArgs } from 'node:util';
import { cosineSimilarity, LINK_THRESHOLD } from '../src/channels/link.ts';
import type { Diarization } from '../src/core/diarization.ts';
import type { Turn } from '../src/core/turn.ts';
import { diarizeChannels } from '../src/node/channels/diarizeChannels.ts';
import { createDiarizer, type Diarizer } from '../src/node/diarizer.ts';
import { CALL_KINDS, makeCall, stereoWav } from './callRecording.ts';
import { readPeople } from './people.ts';

/**
 * From which cosine on voices of two channels are one person: pairs of speakers across the channels of simulated calls, those of
 * one half of the held-apart people to choose by, those of the other half to measure.
 *
 *   node engine/bench/links.ts --corpus DIR [--seed 1] [--count 8] [--duration 60] [--split val] [--bleed=-18]
 *
 * Then the same of pairs within one channel, which are one person's that a diarization took for two, or two people's.
 * Only speakers that are mostly one person (80 %) with two seconds at least: what is no voice can't be linked right.
 */
const { values } = parseArgs({
  options: {
    corpus: { type: 'string' },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '8' },
    duration: { type: 'string', default: '60' },
    split: { type: 'string', default: 'val' },
    bleed: { type: 'string', default: '-18' },
  },
});
if (values.corpus === undefined) throw new RangeError('From what? node engine/bench/links.ts --corpus DIR');

const diarizer = await createDiarizer({ threads: 1 });
const halves = [];
for (const half of [0, 1]) halves.push(await pairsOf(half));
await diarizer.close();
console.log(
  '| cosine from | linked wrongly, half A | missed, half A | linked wrongly, half B | missed, half B |\n|---|---|---|---|---|',
);
for (let threshold = 0.3; threshold < 0.75; threshold += 0.05) {
  const cells = halves.flatMap(({ same, different }) => [
    `${different.filter((cosine) => cosine >= threshold).length} of ${different.length}`,
    `${same.filter((cosine) => cosine < threshold).length} of ${same.length}`,
  ]);
  console.log(`| ${threshold.toFixed(2)} | ${cells.join(' | ')} |`);
}
for (const { same, different, within } of halves) {
  console.error(
    `highest of two people ${Math.max(...different).toFixed(3)}, lowest of one ${Math.min(...same).toFixed(3)}`,
  );
  const alike = within.same.filter((cosine) => cosine >= LINK_THRESHOLD).length;
  console.error(
    `within a channel: highest of two people ${Math.max(...within.different).toFixed(3)} (${within.different.length} pairs), ` +
      `${alike} of ${within.same.length} pairs of one from ${LINK_THRESHOLD} on`,
  );
}

interface Pairs {
  readonly same: number[];
  readonly different: number[];
}

async function pairsOf(half: number): Promise<Pairs & { readonly within: Pairs }> {
  const people = readPeople(values.corpus!, values.split, half);
  const across: Pairs = { same: [], different: [] };
  const within: Pairs = { same: [], different: [] };
  for (const kind of CALL_KINDS) {
    for (let item = 0; item < Number(values.count); item++) {
      const options = {
        kind,
        bleed: Number(values.bleed),
        seed: Number(values.seed),
        item,
        duration: Number(values.duration),
      };
      const call = await makeCall(people, options);
      const found: Diarization[] = [];
      const listening: Pick<Diarizer, 'diarize' | 'model'> = {
        model: diarizer.model,
        diarize: async (recording, given) => {
          const one = await diarizer.diarize(recording, given);
          found.push(one);
          return one;
        },
      };
      await diarizeChannels(stereoWav(call.channels), listening, { channels: 'hybrid' });
      const voices = found.map((one) =>
        one.speakers.flatMap(({ label, embedding, speechDuration }) => {
          const { person, share } = whoIs(label, one.turns, call.turns);
          return embedding && speechDuration >= 2 && share >= 0.8 ? [{ person, embedding }] : [];
        }),
      );
      const all = voices.flatMap((found, channel) => found.map((voice) => ({ ...voice, channel })));
      for (const [i, a] of all.entries())
        for (const b of all.slice(i + 1)) {
          const pairs = a.channel === b.channel ? within : across;
          (a.person === b.person ? pairs.same : pairs.different).push(cosineSimilarity(a.embedding, b.embedding));
        }
    }
  }
  return { ...across, within };
}

function whoIs(label: string, turns: readonly Turn[], truth: readonly Turn[]): { person: string; share: number } {
  const seconds = new Map<string, number>();
  let total = 0;
  for (const turn of turns) {
    if (turn.speaker !== label) continue;
    for (const { speaker, start, end } of truth) {
      const shared = Math.min(end, turn.end) - Math.max(start, turn.start);
      if (shared <= 0) continue;
      seconds.set(speaker, (seconds.get(speaker) ?? 0) + shared);
      total += shared;
    }
  }
  const [best] = [...seconds].sort((a, b) => b[1] - a[1]);
  return best === undefined ? { person: '', share: 0 } : { person: best[0], share: best[1] / total };
}
