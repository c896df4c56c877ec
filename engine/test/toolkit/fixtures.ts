import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Audio } from '../../src/core/audio.ts';

/** A file under fixtures/, as a path. */
export function fixturePath(path: string): string {
  return fileURLToPath(new URL(`../../../fixtures/${path}`, import.meta.url));
}

/** The samples of a recording of fixtures/parity/audio: 16 kHz mono PCM16 behind a header of 44 bytes. */
export function readSamples(name: string): Audio {
  const bytes = readFileSync(fixturePath(`parity/audio/${name}.wav`));
  const from = bytes.indexOf('data') + 8;
  const samples = Float32Array.from({ length: (bytes.length - from) >> 1 }, (_, i) => bytes.readInt16LE(from + 2 * i));
  return { sampleRate: 16000, samples: samples.map((sample) => sample / 32768) };
}
