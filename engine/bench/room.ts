import type { RandomState } from '../src/math/random.ts';

/**
 * A simulated room: the echoes between a mouth and a microphone in a box with equally reflecting walls, by the image
 * method (Allen and Berkley 1979), and convolution with them. The walls' reflection follows from the reverberation time
 * by Sabine's formula. The sound's travel to the microphone is taken out, so that the truth of who speaks when stays true.
 */
export interface Room {
  /** Metres. */
  readonly size: readonly [number, number, number];
  /** Seconds in which the echoes fall by 60 dB. */
  readonly rt60: number;
}

type Point = readonly [number, number, number];

const SPEED_OF_SOUND = 343;

export function drawRoom(random: RandomState): Room {
  const between = (low: number, high: number): number => low + (high - low) * random.random();
  return { size: [between(4, 8), between(3, 6), between(2.5, 3.2)], rt60: between(0.3, 0.6) };
}

/** The microphone on a table in the middle, people around it at 1 to 2 m, where the walls leave room. */
export function drawPlaces(room: Room, count: number, random: RandomState): { microphone: Point; mouths: Point[] } {
  const [x, y] = room.size;
  const microphone: Point = [x / 2 + 0.2 * random.random(), y / 2 + 0.2 * random.random(), 0.8];
  const turn = 2 * Math.PI * random.random();
  const mouths = Array.from({ length: count }, (_, i): Point => {
    const angle = turn + (2 * Math.PI * (i + 0.5 * random.random())) / count;
    const distance = 1 + random.random();
    const inside = (at: number, size: number): number => Math.min(size - 0.3, Math.max(0.3, at));
    return [
      inside(microphone[0] + distance * Math.cos(angle), x),
      inside(microphone[1] + distance * Math.sin(angle), y),
      1.1 + 0.2 * random.random(),
    ];
  });
  return { microphone, mouths };
}

/** Impulse response, beginning with the direct sound; its loudest sample is 1. */
export function impulseResponse(room: Room, mouth: Point, microphone: Point, sampleRate: number): Float32Array {
  const { size, rt60 } = room;
  const [x, y, z] = size;
  const absorption = Math.min(0.95, (0.161 * x * y * z) / (rt60 * 2 * (x * y + y * z + z * x)));
  const reflection = Math.sqrt(1 - absorption);
  const direct = distanceOf(mouth, microphone);
  const response = new Float32Array(Math.ceil(rt60 * sampleRate));
  const reach = direct + rt60 * SPEED_OF_SOUND;
  const orders = size.map((length) => Math.ceil(reach / (2 * length)));
  for (let i = -orders[0]; i <= orders[0]; i++)
    for (let j = -orders[1]; j <= orders[1]; j++)
      for (let k = -orders[2]; k <= orders[2]; k++)
        for (let mirror = 0; mirror < 8; mirror++) {
          const [u, v, w] = [mirror & 1, (mirror >> 1) & 1, mirror >> 2];
          const image: Point = [
            (1 - 2 * u) * mouth[0] + 2 * i * x,
            (1 - 2 * v) * mouth[1] + 2 * j * y,
            (1 - 2 * w) * mouth[2] + 2 * k * z,
          ];
          const distance = distanceOf(image, microphone);
          const at = ((distance - direct) / SPEED_OF_SOUND) * sampleRate;
          const sample = Math.floor(at);
          if (sample + 1 >= response.length) continue;
          const walls = Math.abs(i - u) + Math.abs(i) + Math.abs(j - v) + Math.abs(j) + Math.abs(k - w) + Math.abs(k);
          const amplitude = (direct / distance) * reflection ** walls;
          response[sample] += amplitude * (1 - (at - sample));
          response[sample + 1] += amplitude * (at - sample);
        }
  return response;
}

function distanceOf(a: Point, b: Point): number {
  return Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);
}

/** The signal with its echoes, as long as the signal: overlap-add over FFTs of a power of two. */
export function convolve(signal: Float32Array, response: Float32Array): Float32Array {
  let size = 2;
  while (size < 2 * response.length) size *= 2;
  const step = size - response.length + 1;
  const filter = complexOf(response, 0, response.length, size);
  transform(filter, 1);
  const out = new Float32Array(signal.length);
  for (let from = 0; from < signal.length; from += step) {
    const block = complexOf(signal, from, Math.min(signal.length, from + step), size);
    transform(block, 1);
    for (let i = 0; i < size; i++) {
      const [re, im] = [block.re[i], block.im[i]];
      block.re[i] = re * filter.re[i] - im * filter.im[i];
      block.im[i] = re * filter.im[i] + im * filter.re[i];
    }
    transform(block, -1);
    const end = Math.min(signal.length, from + size);
    for (let i = from; i < end; i++) out[i] += block.re[i - from] / size;
  }
  return out;
}

interface Complex {
  readonly re: Float64Array;
  readonly im: Float64Array;
}

function complexOf(samples: Float32Array, from: number, to: number, size: number): Complex {
  const re = new Float64Array(size);
  re.set(samples.subarray(from, to));
  return { re, im: new Float64Array(size) };
}

/** FFT in place, radix 2 (Cooley and Tukey); `sign` -1 is the inverse times the size. */
function transform({ re, im }: Complex, sign: 1 | -1): void {
  const size = re.length;
  for (let i = 1, j = 0; i < size; i++) {
    let bit = size >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    [re[i], re[j]] = [re[j], re[i]];
    [im[i], im[j]] = [im[j], im[i]];
  }
  for (let half = 1; half < size; half *= 2)
    for (let k = 0; k < half; k++) {
      const angle = (-sign * Math.PI * k) / half;
      const [c, s] = [Math.cos(angle), Math.sin(angle)];
      for (let i = k; i < size; i += 2 * half) {
        const [x, y] = [re[i + half] * c - im[i + half] * s, re[i + half] * s + im[i + half] * c];
        re[i + half] = re[i] - x;
        im[i + half] = im[i] - y;
        re[i] += x;
        im[i] += y;
      }
    }
}
