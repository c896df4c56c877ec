/** Mono 16 kHz samples in [-1, 1] as the bytes of a WAV file with 16 bits a sample, those beyond clipped. */
export function wav16(blocks: readonly Float32Array[]): Uint8Array {
  const numSamples = blocks.reduce((sum, { length }) => sum + length, 0);
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + 2 * numSamples, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20); // PCM
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(16000, 24);
  header.writeUInt32LE(32000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(2 * numSamples, 40);
  const samples = new Int16Array(numSamples);
  let at = 0;
  for (const block of blocks)
    for (let i = 0; i < block.length; i++)
      samples[at++] = Math.max(-32768, Math.min(32767, Math.round(block[i] * 32768)));
  return Buffer.concat([header, new Uint8Array(samples.buffer)]);
}
