import { readFileSync } from 'node:fs';
import type { ChannelVerdict } from '../src/channels/verdicts.ts';

/**
 * Recordings whose channels are known, built from the AMI excerpts in fixtures/: each kind of relation × noise × level ×
 * coding. All at 16 kHz, 20 seconds.
 */
export interface ChannelCase {
  readonly name: string;
  readonly kind: string;
  readonly noise: string;
  readonly levelDb: number;
  readonly codec: string;
  readonly channels: readonly Float32Array[];
  /** `distinct`, `silent`, `duplicate 0`, `bleed 0` … by channel. */
  readonly expected: readonly string[];
}

/** Sound through a coder and back, of the same length. */
export type Codec = (samples: Float32Array) => Float32Array;

export const RATE = 16000;
const LENGTH = 20 * RATE;

type Make = (sources: Sources, random: () => number) => { channels: Float32Array[]; expected: string[] };

interface Sources {
  readonly a: Float32Array;
  readonly b: Float32Array;
  /** Other noise of the same kind, for microphones of their own: `noisy(signal)`. */
  noisy(signal: Float32Array): Float32Array;
  code(signal: Float32Array): Float32Array;
}

const KINDS: Readonly<Record<string, Make>> = {
  'two voices': ({ a, b, noisy }) => ({ channels: [noisy(a), noisy(b)], expected: ['distinct', 'distinct'] }),
  'one voice, mono': ({ a, noisy }) => ({ channels: [noisy(a)], expected: ['distinct'] }),
  equal: copied((x) => x),
  'scaled −6 dB': copied((x) => gain(x, -6)),
  'scaled −20 dB': copied((x) => gain(x, -20)),
  'scaled +3 dB': copied((x) => gain(x, 3)),
  inverted: copied((x) => x.map((v) => -v)),
  'inverted, −6 dB': copied((x) => gain(x, -6).map((v) => -v)),
  'delayed 1 ms': copied((x) => delay(x, 16)),
  'delayed 20 ms': copied((x) => delay(x, 323)),
  'delayed 95 ms': copied((x) => delay(x, 1519)),
  'delayed half a sample': copied((x) => x.map((v, i) => (v + (x[i - 1] ?? 0)) / 2)),
  'one coded': ({ a, noisy, code }) => {
    const x = noisy(a);
    return { channels: [x, code(x)], expected: ['distinct', 'duplicate 0'] };
  },
  'equal for half': ({ a, b, noisy }) => {
    const [x, y] = [noisy(a), noisy(b)];
    return { channels: [x, x.map((v, i) => (i < LENGTH / 2 ? v : y[i]))], expected: ['distinct', 'distinct'] };
  },
  'equal but for 3 s': ({ a, b, noisy }) => {
    const [x, y] = [noisy(a), noisy(b)];
    return {
      channels: [x, x.map((v, i) => (i > 8 * RATE && i < 11 * RATE ? y[i] : v))],
      expected: ['distinct', 'distinct'],
    };
  },
  'call, bleed −12 dB': call(-12),
  'call, bleed −20 dB': call(-20),
  'call, bleed −30 dB': call(-30),
  'bleed only, −12 dB': bleed(-12),
  'bleed only, −20 dB': bleed(-20),
  'bleed only, −30 dB': bleed(-30),
  'second silent': ({ a, noisy }) => ({
    channels: [noisy(a), new Float32Array(LENGTH)],
    expected: ['distinct', 'silent'],
  }),
  'second hisses': ({ a, noisy }, random) => ({
    channels: [noisy(a), gain(white(random), -62)],
    expected: ['distinct', 'silent'],
  }),
  'silent half-way': ({ a, b, noisy }) => ({
    channels: [noisy(a), noisy(b).map((v, i) => (i < LENGTH / 2 ? v : 0))],
    expected: ['distinct', 'distinct'],
  }),
  'copy that stops half-way': ({ a, noisy }) => {
    const x = noisy(a);
    return { channels: [x, x.map((v, i) => (i < LENGTH / 2 ? v : 0))], expected: ['distinct', 'distinct'] };
  },
  'two voices and a copy': ({ a, b, noisy }) => {
    const x = noisy(a);
    return { channels: [x, noisy(b), gain(x, -3)], expected: ['distinct', 'distinct', 'duplicate 0'] };
  },
};

export const KIND_NAMES: readonly string[] = Object.keys(KINDS);

const NOISES: Readonly<Record<string, { snr: number; make: (random: () => number) => Float32Array } | undefined>> = {
  none: undefined,
  'white, 25 dB': { snr: 25, make: white },
  'pink, 15 dB': { snr: 15, make: pink },
};

/** All cases, or those that are asked for; the levels take turns. */
export function* channelCases(
  codecs: Readonly<Record<string, Codec | undefined>>,
  {
    kinds = KIND_NAMES,
    noises = Object.keys(NOISES),
    levels = [0, -20],
    coder,
  }: { kinds?: readonly string[]; noises?: readonly string[]; levels?: readonly number[]; coder: Codec },
): Generator<ChannelCase> {
  const [a, b] = [clip('dev00'), clip('trn05')];
  let seed = 1;
  for (const kind of kinds) {
    for (const noise of noises) {
      for (const [codec, through] of Object.entries(codecs)) {
        {
          const levelDb = levels[seed % levels.length];
          const random = generator(seed++);
          const { snr, make } = NOISES[noise] ?? { snr: 0, make: undefined };
          const noisy = (signal: Float32Array) => {
            if (!make) return signal;
            const hiss = make(random);
            const scale = (rms(signal) / rms(hiss)) * 10 ** (-snr / 20);
            return signal.map((v, i) => v + scale * hiss[i]);
          };
          const { channels, expected } = KINDS[kind]({ a, b, noisy, code: coder }, random);
          const levelled = channels.map((channel) => gain(channel, levelDb));
          yield {
            name: `${kind}, noise ${noise}, ${levelDb} dB, ${codec}`,
            kind,
            noise,
            levelDb,
            codec,
            channels: through ? levelled.map(through) : levelled,
            expected,
          };
        }
      }
    }
  }
}

export function verdictText({ verdict, of }: ChannelVerdict): string {
  return of === undefined ? verdict : `${verdict} ${of}`;
}

/** Samples as 16-bit PCM and µ-law would leave them: a coder without a program. */
export function muLaw(samples: Float32Array): Float32Array {
  return samples.map((v) => {
    const size = Math.log1p(255 * Math.min(1, Math.abs(v))) / Math.log(256);
    const coded = Math.round(size * 127) / 127;
    return (Math.sign(v) * (256 ** coded - 1)) / 255;
  });
}

function copied(change: (x: Float32Array) => Float32Array): Make {
  return ({ a, noisy }) => {
    const x = noisy(a);
    return { channels: [x, change(x)], expected: ['distinct', 'duplicate 0'] };
  };
}

/** Two people who take turns, each heard in the other's microphone through the room. */
function call(levelDb: number): Make {
  return ({ a, b, noisy }) => {
    const turn = (i: number) => Math.floor(i / (2.5 * RATE)) % 2;
    const x = a.map((v, i) => (turn(i) === 0 ? v : 0));
    const y = b.map((v, i) => (turn(i) === 1 ? v : 0));
    const [xy, yx] = [gain(room(x, 40), levelDb), gain(room(y, 55), levelDb)];
    return {
      channels: [noisy(x.map((v, i) => v + yx[i])), noisy(y.map((v, i) => v + xy[i]))],
      expected: ['distinct', 'distinct'],
    };
  };
}

function bleed(levelDb: number): Make {
  return ({ a, noisy }) => {
    const x = noisy(a);
    return { channels: [x, noisy(gain(room(x, 48), levelDb))], expected: ['distinct', 'bleed 0'] };
  };
}

/** Through a small room: straight, then two reflections and a duller end. */
function room(x: Float32Array, samples: number): Float32Array {
  return x.map(
    (_, i) =>
      (x[i - samples] ?? 0) +
      0.3 * (x[i - samples - 37] ?? 0) -
      0.2 * (x[i - samples - 91] ?? 0) +
      0.1 * (x[i - samples - 1] ?? 0),
  );
}

function clip(name: string): Float32Array {
  const bytes = readFileSync(new URL(`../../fixtures/parity/audio/${name}.wav`, import.meta.url));
  const pcm = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + 44 + 2 * LENGTH));
  const samples = Float32Array.from(pcm, (v) => v / 32768);
  const peak = samples.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
  return samples.map((v) => (0.5 * v) / peak);
}

export function gain(x: Float32Array, decibels: number): Float32Array {
  const factor = 10 ** (decibels / 20);
  return x.map((v) => v * factor);
}

function delay(x: Float32Array, samples: number): Float32Array {
  const out = new Float32Array(x.length);
  out.set(x.subarray(0, x.length - samples), samples);
  return out;
}

function rms(x: Float32Array): number {
  return Math.sqrt(x.reduce((sum, v) => sum + v * v, 0) / x.length);
}

function white(random: () => number): Float32Array {
  return Float32Array.from({ length: LENGTH }, () => random() + random() + random() - 1.5);
}

/** White noise through Paul Kellet's filter of three poles. */
function pink(random: () => number): Float32Array {
  let [p, q, r] = [0, 0, 0];
  return white(random).map((v) => {
    p = 0.99765 * p + 0.099046 * v;
    q = 0.963 * q + 0.2965164 * v;
    r = 0.57 * r + 1.0526913 * v;
    return p + q + r + 0.1848 * v;
  });
}

/** Mulberry32. */
export function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
