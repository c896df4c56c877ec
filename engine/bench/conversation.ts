import type { Turn } from '../src/core/turn.ts';
import type { RandomState } from '../src/math/random.ts';

/**
 * Who says what when: a plan of a conversation, made of phrases that people have said elsewhere.
 *
 *   Ann   ▇▇▇▇ ▇▇▇▇▇▇       ▇▇▇          turns of one or more phrases, pauses between them
 *   Ben            ▇▇▇▇▇▇▇▇▇     ▇▇▇▇    a fifth of the turns begins before the last one ends,
 *   Cyd      ▇            ▇  ▇           backchannels fall into the long ones, now and then nobody speaks
 *
 * Lengths of turns and gaps are exponential, roughly as in meetings; nobody is talking over themself. The distributions
 * are plain constants below, so that a reader sees what was assumed.
 */
export interface Placed {
  /** Index of the voice, and of the phrase in it. */
  readonly voice: number;
  readonly phrase: number;
  readonly start: number;
  readonly duration: number;
}

/** Seconds of each phrase that a voice has to give. */
export type Voice = readonly number[];

const TURN = { shortest: 0.8, mean: 3.5, longest: 15 };
const PAUSE_IN_TURN = { shortest: 0.15, longest: 0.6 };
const OVERLAP = { share: 0.2, shortest: 0.2, longest: 1.5, mostOfTurn: 0.6 };
const GAP = { shortest: 0.05, mean: 0.35 };
const SILENCE = { share: 0.05, shortest: 2, longest: 4 };
const BACKCHANNEL = { share: 0.35, longest: 1.2, turnFrom: 2.5 };
const SAME_AGAIN = 0.12;

export function planConversation(voices: readonly Voice[], duration: number, random: RandomState): Placed[] {
  const between = (low: number, high: number): number => low + (high - low) * random.random();
  const exponential = (mean: number): number => -mean * Math.log(1 - random.random());
  const pick = (count: number): number => Math.floor(random.random() * count);
  const talkative = voices.map(() => between(0.5, 2));
  const decks = voices.map((phrases) => deckOf(phrases.length, random));
  const ownEnd = voices.map(() => -1);
  const heard = new Set<number>();
  const placed: Placed[] = [];

  function place(voice: number, phrase: number, start: number): number {
    const length = voices[voice][phrase];
    placed.push({ voice, phrase, start, duration: length });
    ownEnd[voice] = Math.max(ownEnd[voice], start + length);
    return start + length;
  }

  function nextVoice(previous: number): number {
    const unheard = voices.map((_, voice) => voice).filter((voice) => !heard.has(voice));
    if (unheard.length > 0 && random.random() < 0.5) return unheard[pick(unheard.length)];
    if (previous >= 0 && random.random() < SAME_AGAIN) return previous;
    const weights = talkative.map((weight, voice) => (voice === previous && voices.length > 1 ? 0 : weight));
    let at = random.random() * weights.reduce((sum, weight) => sum + weight, 0);
    return Math.max(
      0,
      weights.findIndex((weight) => (at -= weight) < 0),
    );
  }

  let previous = -1;
  let lastStart = 0;
  let lastEnd = between(0.2, 1);
  for (;;) {
    const voice = nextVoice(previous);
    const chance = random.random();
    const overlap = Math.min(between(OVERLAP.shortest, OVERLAP.longest), OVERLAP.mostOfTurn * (lastEnd - lastStart));
    const gap =
      chance < OVERLAP.share && voice !== previous && previous >= 0
        ? -overlap
        : chance > 1 - SILENCE.share
          ? between(SILENCE.shortest, SILENCE.longest)
          : GAP.shortest + exponential(GAP.mean);
    const start = Math.max(lastEnd + gap, ownEnd[voice] + PAUSE_IN_TURN.shortest);
    const target = Math.min(TURN.longest, TURN.shortest + exponential(TURN.mean));
    let end = start;
    do {
      const phrase = decks[voice]();
      const from = end === start ? start : end + between(PAUSE_IN_TURN.shortest, PAUSE_IN_TURN.longest);
      if (from + voices[voice][phrase] > duration) return placed.sort((a, b) => a.start - b.start);
      end = place(voice, phrase, from);
    } while (end - start < target);
    heard.add(voice);
    if (voices.length > 1 && end - start > BACKCHANNEL.turnFrom && random.random() < BACKCHANNEL.share)
      backchannel(voice, start, end);
    if (end > lastEnd) [lastStart, lastEnd] = [start, end];
    previous = voice;
  }

  /** Somebody else says something short in the middle of a turn, if they have something short to say. */
  function backchannel(speaking: number, start: number, end: number): void {
    const other = (speaking + 1 + pick(voices.length - 1)) % voices.length;
    const short = voices[other].map((_, phrase) => phrase).filter((i) => voices[other][i] < BACKCHANNEL.longest);
    if (short.length === 0) return;
    const phrase = short[pick(short.length)];
    const at = between(start + 0.5, end - 0.5);
    if (at > ownEnd[other] + PAUSE_IN_TURN.shortest && at + voices[other][phrase] < duration) place(other, phrase, at);
  }
}

/** The truth of a plan: phrases as turns, those of one speaker that are less than `bridge` seconds apart joined. */
export function turnsOf(plan: readonly Placed[], names: readonly string[], bridge = 0.2): Turn[] {
  const turns: Turn[] = [];
  names.forEach((speaker, voice) => {
    const own = plan.filter((placed) => placed.voice === voice).sort((a, b) => a.start - b.start);
    for (const { start, duration } of own) {
      const last = turns.at(-1);
      if (last?.speaker === speaker && start - last.end < bridge)
        turns[turns.length - 1] = { ...last, end: start + duration };
      else turns.push({ start, end: start + duration, speaker });
    }
  });
  return turns.sort((a, b) => a.start - b.start || a.end - b.end);
}

/** Deals 0 … count-1 in random order, then shuffles and deals again. */
function deckOf(count: number, random: RandomState): () => number {
  let rest: number[] = [];
  return () => {
    if (rest.length === 0) rest = Array.from({ length: count }, (_, i) => i);
    return rest.splice(Math.floor(random.random() * rest.length), 1)[0];
  };
}
