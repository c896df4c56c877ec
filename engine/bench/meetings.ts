import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeRttm } from '../src/formats/rttm.ts';
import { writeUem } from '../src/formats/uem.ts';
import type { RandomState } from '../src/math/random.ts';
import { type Placed, planConversation, turnsOf } from './conversation.ts';
import { addPinkNoise, LEVEL, type Person, readPeople, SAMPLE_RATE, seeded, trackOf } from './people.ts';
import { convolve, drawPlaces, drawRoom, impulseResponse } from './room.ts';
import { telephone } from './telephone.ts';
import { wav16 } from './wav16.ts';

/**
 * Builds conversations of people that no model of ours was trained on, of which the truth is known because we made it:
 *
 *   npm run bench:meetings -- OUT --corpus DIR [--seed 1] [--count 21] [--duration 180] [--split val]
 *                            [--conditions clean,far,telephone] [--min-speakers 2] [--max-speakers 8]
 *
 * One WAV, RTTM and UEM a meeting, and meetings.json with what it is made of. The corpus: bench/README.md.
 * The same seed, corpus and options give the same bytes.
 */
const CONDITIONS = ['clean', 'far', 'telephone'] as const;
type Condition = (typeof CONDITIONS)[number];
/**
 * Seconds: a person's shorter pauses are speech in the truth, as NIST's Rich Transcription evaluations and annotators have it,
 * and as they are within a phrase (phrases.ts).
 */
const BRIDGE = 0.3;
/** Decibels by which people are louder or softer than others. */
const LEVEL_SPREAD = 4;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    corpus: { type: 'string' },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '21' },
    duration: { type: 'string', default: '180' },
    split: { type: 'string', default: 'val' },
    conditions: { type: 'string', default: CONDITIONS.join(',') },
    'min-speakers': { type: 'string', default: '2' },
    'max-speakers': { type: 'string', default: '8' },
  },
});
const [out] = positionals;
if (out === undefined || values.corpus === undefined)
  throw new RangeError('Where to, and from what? npm run bench:meetings -- OUT --corpus DIR');
const conditions = values.conditions.split(',').map((name) => {
  if ((CONDITIONS as readonly string[]).includes(name)) return name as Condition;
  throw new RangeError(`Got the condition '${name}' when one of ${CONDITIONS.join(', ')} was expected.`);
});

const people = readPeople(values.corpus, values.split);
const duration = Number(values.duration);
const [least, most] = [Number(values['min-speakers']), Number(values['max-speakers'])];
mkdirSync(out, { recursive: true });
const index = [];
for (let i = 0; i < Number(values.count); i++) {
  const random = seeded(Number(values.seed), i);
  const condition = conditions[i % conditions.length];
  const numSpeakers = least + (Math.floor(i / conditions.length) % (most - least + 1));
  const speakers = await people.draw(numSpeakers, random);
  const lengths = speakers.map(({ phrases }) => phrases.map(({ length }) => length / SAMPLE_RATE));
  const plan = planConversation(lengths, duration, random);
  const uri = `${condition}-${numSpeakers}-${String(i).padStart(3, '0')}`;
  const turns = turnsOf(
    plan,
    speakers.map(({ name }) => name),
    BRIDGE,
  );
  writeFileSync(join(out, `${uri}.wav`), wav16([render(speakers, plan, condition, random)]));
  writeFileSync(join(out, `${uri}.rttm`), writeRttm({ uri, turns }));
  writeFileSync(join(out, `${uri}.uem`), writeUem({ uri, timeline: [{ start: 0, end: duration }] }));
  const said = plan.length;
  const different = new Set(plan.map(({ voice, phrase }) => `${voice}/${phrase}`)).size;
  index.push({
    uri,
    condition,
    speakers: speakers.map(({ name }) => name),
    overlap: overlapOf(turns),
    repeated: (said - different) / said,
  });
  console.log(`${uri}: ${turns.length} turns, ${(100 * overlapOf(turns)).toFixed(1)} % of speech overlapped`);
}
const { corpus: _, ...options } = values; // where it lay does not matter
writeFileSync(join(out, 'meetings.json'), `${JSON.stringify({ options, meetings: index }, undefined, 1)}\n`);

/** What the microphone gets. */
function render(
  speakers: readonly Person[],
  plan: readonly Placed[],
  condition: Condition,
  random: RandomState,
): Float32Array {
  const numSamples = Math.round(duration * SAMPLE_RATE);
  const mix = new Float32Array(numSamples);
  const room = drawRoom(random);
  const { microphone, mouths } = drawPlaces(room, speakers.length, random);
  speakers.forEach((speaker, voice) => {
    const gain = 10 ** ((LEVEL_SPREAD * (2 * random.random() - 1)) / 20);
    const own = plan.filter((placed) => placed.voice === voice);
    const track = trackOf(speaker, own, numSamples, gain);
    const heard =
      condition === 'far'
        ? convolve(track, impulseResponse(room, mouths[voice], microphone, SAMPLE_RATE))
        : condition === 'telephone'
          ? telephone(track, SAMPLE_RATE)
          : track;
    for (let i = 0; i < numSamples; i++) mix[i] += heard[i];
  });
  // Hiss below the speech, so that no pause is digital silence: loud in a room, next to nothing close by.
  const below = condition === 'far' ? 15 + 10 * random.random() : condition === 'telephone' ? 35 : 50;
  addPinkNoise(mix, LEVEL - below, random);
  const peak = mix.reduce((high, sample) => Math.max(high, Math.abs(sample)), 0);
  return peak > 0.95 ? mix.map((sample) => (0.95 * sample) / peak) : mix;
}

/** Share of the speaking time during which somebody else speaks too. */
function overlapOf(turns: readonly { readonly start: number; readonly end: number }[]): number {
  const steps = turns.flatMap(({ start, end }) => [
    [start, 1],
    [end, -1],
  ]);
  steps.sort(([a], [b]) => a - b);
  let [speaking, since, speech, overlapped] = [0, 0, 0, 0];
  for (const [time, change] of steps) {
    if (speaking > 0) speech += time - since;
    if (speaking > 1) overlapped += time - since;
    speaking += change;
    since = time;
  }
  return overlapped / speech;
}
