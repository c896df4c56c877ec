import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeRttm } from '../src/formats/rttm.ts';
import { writeUem } from '../src/formats/uem.ts';
import { RandomState } from '../src/math/random.ts';
import { openAudio } from '../src/node/decode/openAudio.ts';
import { type Placed, planConversation, turnsOf } from './conversation.ts';
import { phrasesOf } from './phrases.ts';
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
const SAMPLE_RATE = 16000;
const CONDITIONS = ['clean', 'far', 'telephone'] as const;
type Condition = (typeof CONDITIONS)[number];
/** Somebody with less to say than this would repeat themself all the time. */
const LEAST_SPEECH = 10;
/** Decibels below full scale of a person's speech, give or take LEVEL_SPREAD. */
const LEVEL = -24;
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

interface Utterance {
  readonly file: string;
  readonly offset: number;
  readonly duration: number;
  readonly speaker: string;
  readonly split: string;
}

/** A person of the corpus, cut into phrases. */
interface Speaker {
  readonly name: string;
  readonly phrases: readonly Float32Array[];
}

const corpus = values.corpus;
const everybody = speakersOf(readFileSync(join(corpus, 'manifest.jsonl'), 'utf8'), values.split);
const duration = Number(values.duration);
const [least, most] = [Number(values['min-speakers']), Number(values['max-speakers'])];
mkdirSync(out, { recursive: true });
const cut = new Map<string, Speaker>();
const index = [];
for (let i = 0; i < Number(values.count); i++) {
  // Its own random numbers: a meeting stays the same when others are added.
  const random = new RandomState((Number(values.seed) * 10007 + i) >>> 0);
  const condition = conditions[i % conditions.length];
  const numSpeakers = least + (Math.floor(i / conditions.length) % (most - least + 1));
  const speakers = await drawSpeakers(numSpeakers, random);
  const lengths = speakers.map(({ phrases }) => phrases.map(({ length }) => length / SAMPLE_RATE));
  const plan = planConversation(lengths, duration, random);
  const uri = `${condition}-${numSpeakers}-${String(i).padStart(3, '0')}`;
  const turns = turnsOf(
    plan,
    speakers.map(({ name }) => name),
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

/** Utterances of each speaker of a split who has enough to say. */
function speakersOf(manifest: string, split: string): Map<string, Utterance[]> {
  const speakers = new Map<string, Utterance[]>();
  for (const line of manifest.split('\n').filter((text) => text !== '')) {
    const utterance = JSON.parse(line) as Utterance;
    if (utterance.split !== split) continue;
    const own = speakers.get(utterance.speaker) ?? [];
    own.push(utterance);
    speakers.set(utterance.speaker, own);
  }
  for (const [name, own] of speakers)
    if (own.reduce((sum, utterance) => sum + utterance.duration, 0) < LEAST_SPEECH) speakers.delete(name);
  if (speakers.size < Number(values['max-speakers']))
    throw new RangeError(`Got ${speakers.size} speakers of the split '${split}' with ${LEAST_SPEECH} s of speech.`);
  return speakers;
}

/** Different people, each with at least three phrases. */
async function drawSpeakers(count: number, random: RandomState): Promise<Speaker[]> {
  const names = [...everybody.keys()];
  const drawn: Speaker[] = [];
  while (drawn.length < count) {
    const [name] = names.splice(Math.floor(random.random() * names.length), 1);
    if (name === undefined) throw new RangeError(`Got fewer than ${count} speakers with three phrases.`);
    const speaker = cut.get(name) ?? (await cutSpeaker(name));
    cut.set(name, speaker);
    if (speaker.phrases.length >= 3) drawn.push(speaker);
  }
  return drawn;
}

/** All phrases of a person at one loudness, faded in and out over 10 ms. */
async function cutSpeaker(name: string): Promise<Speaker> {
  const files = new Map<string, Float32Array>();
  const phrases: Float32Array[] = [];
  let energy = 0;
  let numSamples = 0;
  for (const { file, offset, duration: length } of everybody.get(name)!) {
    if (!files.has(file)) files.set(file, await decoded(join(corpus, file)));
    const from = Math.round(offset * SAMPLE_RATE);
    const utterance = files.get(file)!.subarray(from, from + Math.round(length * SAMPLE_RATE));
    for (const { start, end } of phrasesOf(utterance, SAMPLE_RATE)) {
      const phrase = utterance.slice(Math.round(start * SAMPLE_RATE), Math.round(end * SAMPLE_RATE));
      for (const sample of phrase) energy += sample * sample;
      numSamples += phrase.length;
      phrases.push(phrase);
    }
  }
  const gain = 10 ** (LEVEL / 20) / Math.sqrt(energy / numSamples);
  const fade = SAMPLE_RATE / 100;
  return {
    name,
    phrases: phrases.map((phrase) =>
      phrase.map((sample, i) => gain * sample * Math.min(1, i / fade, (phrase.length - 1 - i) / fade)),
    ),
  };
}

async function decoded(path: string): Promise<Float32Array> {
  const blocks: Float32Array[] = [];
  for await (const block of (await openAudio(path)).blocks) blocks.push(block.slice());
  const samples = new Float32Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    samples.set(block, at);
    at += block.length;
  }
  return samples;
}

/** What the microphone gets. */
function render(
  speakers: readonly Speaker[],
  plan: readonly Placed[],
  condition: Condition,
  random: RandomState,
): Float32Array {
  const numSamples = Math.round(duration * SAMPLE_RATE);
  const mix = new Float32Array(numSamples);
  const room = drawRoom(random);
  const { microphone, mouths } = drawPlaces(room, speakers.length, random);
  speakers.forEach(({ phrases }, voice) => {
    const gain = 10 ** ((LEVEL_SPREAD * (2 * random.random() - 1)) / 20);
    const track = new Float32Array(numSamples);
    for (const { voice: of, phrase, start } of plan) {
      if (of !== voice) continue;
      const from = Math.round(start * SAMPLE_RATE);
      const sound = phrases[phrase].subarray(0, numSamples - from);
      for (let i = 0; i < sound.length; i++) track[from + i] += gain * sound[i];
    }
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

/** Noise that falls by 3 dB an octave (three poles of P. Kellet's filter), so many decibels below full scale. */
function addPinkNoise(samples: Float32Array, level: number, random: RandomState): void {
  const gain = 10 ** (level / 20) / 1.7; // the filter's output has an RMS of about 1.7 for noise in [-1, 1)
  let [a, b, c] = [0, 0, 0];
  for (let i = 0; i < samples.length; i++) {
    const white = 2 * random.random() - 1;
    a = 0.99765 * a + white * 0.099046;
    b = 0.963 * b + white * 0.2965164;
    c = 0.57 * c + white * 1.0526913;
    samples[i] += gain * (a + b + c + white * 0.1848);
  }
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
