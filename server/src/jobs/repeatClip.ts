import type { EngineModule } from './engine.ts';

/**
 * A clip over and over, as long as asked for: the networks listen ten seconds at a time and need two of them with speech
 * before they say how a voice sounds, and a clip may be as short as 1.2 s.
 */
export async function repeatClip(
  engine: EngineModule,
  file: string,
  seconds: number,
  signal: AbortSignal,
): Promise<{ recording: { sampleRate: number; samples: Float32Array }; times: number }> {
  const opened = await engine.openChannels(file, { signal });
  const { sampleRate, numChannels } = opened;
  const heard: Float32Array[] = [];
  try {
    for await (const block of opened.blocks) {
      const mean = new Float32Array(block[0].length);
      for (const channel of block) for (let i = 0; i < mean.length; i++) mean[i] += channel[i] / numChannels;
      heard.push(mean);
    }
  } finally {
    await opened.close();
  }
  const length = heard.reduce((sum, block) => sum + block.length, 0);
  const times = length === 0 ? 1 : Math.max(1, Math.ceil((seconds * sampleRate) / length));
  const samples = new Float32Array(length * times);
  let at = 0;
  for (let n = 0; n < times; n++) {
    for (const block of heard) {
      samples.set(block, at);
      at += block.length;
    }
  }
  return { recording: { sampleRate, samples }, times };
}
