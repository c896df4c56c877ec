/**
 * Random numbers that repeat: the Mersenne Twister MT19937 (Matsumoto and Nishimura 1998), seeded and read as
 * numpy.random.RandomState(seed) 2.4.6 does, so that what draws from it can be compared number by number.
 */

const STATE_SIZE = 624;
const SHIFT = 397;

export class RandomState {
  readonly #state: Uint32Array = new Uint32Array(STATE_SIZE);
  #next: number = STATE_SIZE;

  /** @param seed 0 … 2³²-1 */
  constructor(seed: number) {
    if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
      throw new RangeError(`Got seed ${seed}: it must be an integer from 0 to 2^32 - 1.`);
    }
    this.#state[0] = seed;
    for (let i = 1; i < STATE_SIZE; i++) {
      const previous = this.#state[i - 1];
      this.#state[i] = Math.imul(1812433253, previous ^ (previous >>> 30)) + i;
    }
  }

  /** 32 random bits. */
  uint32(): number {
    if (this.#next === STATE_SIZE) this.#twist();
    let y = this.#state[this.#next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  /** A number in [0, 1) with 53 random bits: RandomState.random_sample(). */
  random(): number {
    const high = this.uint32() >>> 5;
    const low = this.uint32() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  #twist(): void {
    const state = this.#state;
    for (let i = 0; i < STATE_SIZE; i++) {
      const y = (state[i] & 0x80000000) | (state[(i + 1) % STATE_SIZE] & 0x7fffffff);
      state[i] = state[(i + SHIFT) % STATE_SIZE] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.#next = 0;
  }
}
