import { closeSync, openSync, writeSync } from 'node:fs';
import { openAudio } from '../src/node/decode/openAudio.ts';
import { wav16 } from './wav16.ts';

/**
 * A long recording out of short ones, one after the other and again from the first until it is long enough:
 *
 *   node engine/bench/long.ts OUT.wav SECONDS FILE…
 *
 * For time and memory, not for accuracy: the same people come back every few minutes, word by word. Up to 37 hours: a WAV
 * file counts its bytes with 32 bits.
 */
const [out, length, ...files] = process.argv.slice(2);
if (files.length === 0) throw new RangeError('Usage: node engine/bench/long.ts OUT.wav SECONDS FILE…');
const parts: Uint8Array[] = [];
for (const file of files) {
  const blocks: Float32Array[] = [];
  for await (const block of (await openAudio(file)).blocks) blocks.push(block.slice());
  parts.push(wav16(blocks).subarray(44));
}
const numBytes = 2 * Math.round(Number(length) * 16000);
const header = Buffer.from(wav16([]));
header.writeUInt32LE(36 + numBytes, 4);
header.writeUInt32LE(numBytes, 40);
const handle = openSync(out, 'w');
writeSync(handle, header);
for (let left = numBytes, i = 0; left > 0; i++) {
  const part = parts[i % parts.length].subarray(0, left);
  writeSync(handle, part);
  left -= part.length;
}
closeSync(handle);
