import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { RandomState } from '../src/math/random.ts';
import { openAudio } from '../src/node/decode/openAudio.ts';
import { phrasesOf } from './phrases.ts';

/**
 * People of a corpus who were held out from training, each as phrases at one loudness, from which conversations are made.
 * What a corpus is: bench/README.md.
 */
export const SAMPLE_RATE = 16000;
/** Decibels below full scale of a person's speech. */
export const LEVEL = -24;
/** Somebody with less to say than this would repeat themself all the time. */
const LEAST_SPEECH = 10;

interface Utterance {
  readonly file: string;
  readonly offset: number;
  readonly duration: number;
  readonly speaker: string;
  readonly split: string;
}

/** A person of the corpus, cut into phrases. */
export interface Person {
  readonly name: string;
  readonly phrases: readonly Float32Array[];
}

export interface People {
  /** Who has enough to say, in the order of the manifest. */
  readonly names: readonly string[];
  /** All phrases of a person at one loudness, faded in and out over 10 ms. */
  person(name: string): Promise<Person>;
  /** Different people, each with at least three phrases. */
  draw(count: number, random: RandomState): Promise<Person[]>;
}

/** @param half 0 or 1: every other person only, so that what is fitted on some is measured on others */
export function readPeople(corpus: string, split: string, half?: number): People {
  const found = utterancesOf(readFileSync(join(corpus, 'manifest.jsonl'), 'utf8'), split);
  const everybody = new Map([...found].filter((_, i) => half === undefined || i % 2 === half));
  const cut = new Map<string, Person>();

  async function person(name: string): Promise<Person> {
    const found = cut.get(name) ?? (await cutPerson(corpus, name, everybody.get(name)!));
    cut.set(name, found);
    return found;
  }

  async function draw(count: number, random: RandomState): Promise<Person[]> {
    const names = [...everybody.keys()];
    const drawn: Person[] = [];
    while (drawn.length < count) {
      const [name] = names.splice(Math.floor(random.random() * names.length), 1);
      if (name === undefined) throw new RangeError(`Got fewer than ${count} speakers with three phrases.`);
      const one = await person(name);
      if (one.phrases.length >= 3) drawn.push(one);
    }
    return drawn;
  }

  return { names: [...everybody.keys()], person, draw };
}

/** Utterances of each speaker of a split who has enough to say. */
function utterancesOf(manifest: string, split: string): Map<string, Utterance[]> {
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
  if (speakers.size === 0)
    throw new RangeError(`Got no speaker of the split '${split}' with ${LEAST_SPEECH} s of speech.`);
  return speakers;
}

async function cutPerson(corpus: string, name: string, utterances: readonly Utterance[]): Promise<Person> {
  const files = new Map<string, Float32Array>();
  const phrases: Float32Array[] = [];
  let energy = 0;
  let numSamples = 0;
  for (const { file, offset, duration } of utterances) {
    if (!files.has(file)) files.set(file, await decoded(join(corpus, file)));
    const from = Math.round(offset * SAMPLE_RATE);
    const utterance = files.get(file)!.subarray(from, from + Math.round(duration * SAMPLE_RATE));
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

export async function decoded(path: string): Promise<Float32Array> {
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

/** Noise that falls by 3 dB an octave (three poles of P. Kellet's filter), so many decibels below full scale. */
export function addPinkNoise(samples: Float32Array, level: number, random: RandomState): void {
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

/** What one person says of a plan, dry, as a track of the whole conversation. */
export function trackOf(
  { phrases }: Person,
  placed: readonly { readonly phrase: number; readonly start: number }[],
  numSamples: number,
  gain = 1,
): Float32Array {
  const track = new Float32Array(numSamples);
  for (const { phrase, start } of placed) {
    const from = Math.round(start * SAMPLE_RATE);
    const sound = phrases[phrase].subarray(0, numSamples - from);
    for (let i = 0; i < sound.length; i++) track[from + i] += gain * sound[i];
  }
  return track;
}

/** Random numbers of one item: it stays the same when others are added. */
export function seeded(seed: number, item: number): RandomState {
  return new RandomState((seed * 10007 + item) >>> 0);
}
