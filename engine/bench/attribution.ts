import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Turn } from '../src/core/turn.ts';
import { parseRttm } from '../src/formats/rttm.ts';
import { assignMax } from '../src/math/assignment.ts';
import type { RandomState } from '../src/math/random.ts';
import { createDiarizer } from '../src/node/diarizer.ts';
import { type AssignOptions, assignSpeakers, readTranscript, type Turns } from '../src/transcript/index.ts';
import { seeded } from './people.ts';
import { exclusiveWords, whisperxRule } from './whisperxRule.ts';

/**
 * How many words get the wrong speaker (WDER; no word is misheard here), on simulated meetings whose words are known:
 *
 *   npm run bench:meetings -- DIR --corpus CORPUS --max-speakers 4
 *   npm run bench:attribution -- DIR [--seed 1] [--hypothesis embedded|none]
 *
 * The turns of each meeting are filled with words of ordinary lengths; a made-up recogniser cuts them at pauses, whoever speaks,
 * and gets their times wrong in one way after the other. Speakers are put on them from the true turns and from those the
 * engine finds, by diarist's rule and by WhisperX's (whisperxRule.ts). Last, the time for a transcript of five hours.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' }, hypothesis: { type: 'string', default: 'embedded' } },
});

export interface SaidWord {
  readonly text: string;
  readonly speaker: string;
  readonly start: number;
  readonly end: number;
}

interface TimedWord {
  readonly word: string;
  start?: number;
  end?: number;
}

type Fault = (words: readonly SaidWord[], random: RandomState) => TimedWord[];

const timed = (change: (word: SaidWord, random: RandomState) => { start?: number; end?: number }): Fault => {
  return (words, random) => words.map((word) => ({ word: word.text, ...change(word, random) }));
};
const moved = ({ start, end }: SaidWord, by: number) => ({
  start: Math.max(0, start + by),
  end: Math.max(0.01, end + by),
});

const FAULTS: Readonly<Record<string, Fault>> = {
  exact: timed(({ start, end }) => ({ start, end })),
  'each off by 0.1 s (σ)': timed((word, random) => moved(word, 0.1 * normal(random))),
  'each off by 0.3 s (σ)': timed((word, random) => moved(word, 0.3 * normal(random))),
  'all 0.2 s late': timed((word) => moved(word, 0.2)),
  'clock 0.3 % fast': timed((word) => moved(word, 0.003 * word.start)),
  '10 % without times': timed(({ start, end }, random) => (random.random() < 0.1 ? {} : { start, end })),
  '40 % without times': timed(({ start, end }, random) => (random.random() < 0.4 ? {} : { start, end })),
  'twice as long': timed(({ start, end }) => ({ start, end: end + (end - start) })),
};

const RULES: Readonly<Record<string, (transcript: object, turns: Turns, numWords: number) => (string | undefined)[]>> =
  {
    diarist: (transcript, turns) => ours(transcript, turns),
    'diarist, overlapping turns': (transcript, turns) => ours(transcript, turns, { useExclusive: false }),
    WhisperX: (transcript, turns) => whisperxRule(transcript, turns.turns),
    'WhisperX, fill_nearest': (transcript, turns) => whisperxRule(transcript, turns.turns, { fillNearest: true }),
  };

function ours(transcript: object, turns: Turns, options: AssignOptions = {}): (string | undefined)[] {
  return assignSpeakers(readTranscript(transcript, { format: 'whisperx', unit: 's' }), turns, options).words.map(
    ({ speaker }) => speaker,
  );
}

if (import.meta.main) await main();

async function main(): Promise<void> {
  const [folder] = positionals;
  if (folder === undefined) throw new RangeError('Which folder? npm run bench:attribution -- DIR');
  const wrong = new Map<string, number>();
  let numWords = 0;
  const diarizer =
    values.hypothesis === 'none' ? undefined : await createDiarizer({ model: values.hypothesis, threads: 1 });
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.rttm'))
    .sort();
  for (const [item, file] of files.entries()) {
    const [truth] = parseRttm(readFileSync(join(folder, file), 'utf8'));
    const random = seeded(Number(values.seed), item);
    const words = wordsOf(truth.turns, random);
    numWords += words.length;
    const sources: Record<string, Turns> = {
      truth: { turns: truth.turns, exclusiveTurns: exclusiveWords(truth.turns) },
    };
    if (diarizer) sources['engine'] = await diarizer.diarize(join(folder, `${basename(file, '.rttm')}.wav`));
    for (const [fault, change] of Object.entries(FAULTS)) {
      const transcript = segmented(words, change(words, seeded(Number(values.seed) + 1000, item)));
      for (const [source, turns] of Object.entries(sources))
        for (const [rule, assign] of Object.entries(RULES)) {
          const found = assign(transcript, turns, words.length);
          if (found.length !== words.length) throw new Error(`${rule}: ${found.length} words of ${words.length}`);
          const key = `${source}/${fault}/${rule}`;
          wrong.set(key, (wrong.get(key) ?? 0) + wrongWords(words, found, source === 'truth'));
        }
    }
    console.error(`${file}: ${words.length} words`);
  }
  await diarizer?.close();
  for (const source of diarizer ? ['truth', 'engine'] : ['truth']) {
    const rules = Object.keys(RULES);
    console.log(`\n${files.length} meetings, ${numWords} words; turns: ${source}\n`);
    console.log(`| word times | ${rules.join(' | ')} |\n|---|${'---|'.repeat(rules.length)}`);
    for (const fault of Object.keys(FAULTS)) {
      const cells = rules.map(
        (rule) => `${((100 * wrong.get(`${source}/${fault}/${rule}`)!) / numWords).toFixed(2)} %`,
      );
      console.log(`| ${fault} | ${cells.join(' | ')} |`);
    }
  }
  speed();
}

/** Words of 0.12 to 0.5 s with little between them fill each turn. */
export function wordsOf(turns: readonly Turn[], random: RandomState): SaidWord[] {
  const words: SaidWord[] = [];
  for (const { start, end, speaker } of turns) {
    for (let at = start; end - at > 0.1; ) {
      const until = Math.min(end, at + 0.12 + 0.38 * random.random());
      words.push({ text: `w${words.length}`, speaker, start: at, end: until });
      at = until + 0.08 * random.random();
    }
  }
  return words.sort((a, b) => a.start - b.start).map((word, i) => ({ ...word, text: `w${i}` }));
}

/** As recognisers cut: a segment ends at a pause of half a second or after 25 words. */
function segmented(said: readonly SaidWord[], words: readonly TimedWord[]): object {
  const segments: { start: number; end: number; text: string; words: TimedWord[] }[] = [];
  let last = Number.NEGATIVE_INFINITY;
  words.forEach((word, i) => {
    const { start, end } = said[i];
    const open = segments.at(-1);
    if (!open || start - last > 0.5 || open.words.length >= 25)
      segments.push({ start, end, text: ` ${word.word}`, words: [word] });
    else {
      open.words.push(word);
      open.text += ` ${word.word}`;
      open.end = Math.max(open.end, end);
    }
    last = Math.max(last, end);
  });
  return { segments };
}

/** After labels are paired with people so that this is least; a word without a speaker is wrong. */
function wrongWords(words: readonly SaidWord[], found: readonly (string | undefined)[], named: boolean): number {
  if (named) return words.filter(({ speaker }, i) => found[i] !== speaker).length;
  const people = [...new Set(words.map(({ speaker }) => speaker))];
  const labels = [...new Set(found.filter((label) => label !== undefined && label !== 'UNKNOWN'))];
  const counts = new Float64Array(labels.length * people.length);
  words.forEach(({ speaker }, i) => {
    const row = labels.indexOf(found[i]);
    if (row >= 0) counts[row * people.length + people.indexOf(speaker)]++;
  });
  const best = assignMax(counts, labels.length, people.length, -1);
  const right = best.reduce((sum, column, row) => sum + (column < 0 ? 0 : counts[row * people.length + column]), 0);
  return words.length - right;
}

function normal(random: RandomState): number {
  return Math.sqrt(-2 * Math.log(1 - random.random())) * Math.cos(2 * Math.PI * random.random());
}

/** Five hours of talk: 50,000 words, 5,000 turns. */
function speed(): void {
  const [numWords, numTurns, seconds] = [50_000, 5_000, 18_000];
  const turns = Array.from({ length: numTurns }, (_, i) => ({
    start: (i * seconds) / numTurns,
    end: ((i + 1.1) * seconds) / numTurns,
    speaker: `S${i % 7}`,
  }));
  const words = Array.from({ length: numWords }, (_, i) => {
    const start = (i * seconds) / numWords;
    return { text: `w${i}`, speaker: '', start, end: start + 0.3 };
  });
  const transcript = readTranscript(segmented(words, FAULTS['exact'](words, seeded(1, 1))), { format: 'whisperx' });
  const times = Array.from({ length: 5 }, () => {
    const began = performance.now();
    assignSpeakers(transcript, { turns });
    return performance.now() - began;
  }).sort((a, b) => a - b);
  console.log(`\n${numWords} words on ${numTurns} turns: ${times[2].toFixed(0)} ms (median of 5)`);
}
