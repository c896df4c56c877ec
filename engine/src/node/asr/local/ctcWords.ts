import type { HeardWord } from './messages.ts';

/**
 * Words with times from a network that gives scores of letters or pieces of words for each frame (CTC, Graves et al. 2006):
 * the best of each frame, equal ones in a row joined, blanks dropped.
 *
 *     frames    _ H H E _ L L _ L O O _ | | W …
 *     letters     H   E   L     L O     |   W        a word lasts from its first letter's frame to its last one's
 *
 * `|` parts words in models of letters; pieces of SentencePiece begin a word with `▁`. A word's confidence is the mean
 * probability of its frames.
 */
export interface CtcScores {
  /** `data[frame * width + token]`, logits. */
  readonly data: Float32Array;
  readonly numFrames: number;
  readonly width: number;
}

export interface CtcTokens {
  /** By number. */
  readonly names: readonly string[];
  readonly blank: number;
  /** Never text: `<s>`, `<unk>` … */
  readonly special: ReadonlySet<number>;
}

export function ctcWords(
  { data, numFrames, width }: CtcScores,
  { names, blank, special }: CtcTokens,
  secondsPerFrame: number,
): HeardWord[] {
  const words: { text: string; first: number; last: number; sum: number; count: number }[] = [];
  let word: (typeof words)[number] | undefined;
  let before = blank;
  for (let frame = 0; frame < numFrames; frame++) {
    const { token, probability } = bestOf(data, frame * width, width);
    const repeated = token === before;
    before = token;
    if (token === blank || special.has(token)) continue;
    const name = names[token] ?? '';
    const delimiter = name === '|' || name === '▁';
    if (delimiter) {
      word = undefined;
      continue;
    }
    if (!repeated && name.startsWith('▁')) word = undefined;
    if (word === undefined) words.push((word = { text: '', first: frame, last: frame, sum: 0, count: 0 }));
    if (!repeated) word.text += name.replace(/^▁/, '');
    word.last = frame;
    word.sum += probability;
    word.count++;
  }
  return words.map(({ text, first, last, sum, count }, i) => ({
    text: i === 0 ? text : ` ${text}`,
    start: first * secondsPerFrame,
    end: (last + 1) * secondsPerFrame,
    confidence: sum / count,
  }));
}

function bestOf(data: Float32Array, from: number, width: number): { token: number; probability: number } {
  let token = 0;
  for (let i = 1; i < width; i++) if (data[from + i] > data[from + token]) token = i;
  let sum = 0;
  for (let i = 0; i < width; i++) sum += Math.exp(data[from + i] - data[from + token]);
  return { token, probability: 1 / sum };
}
