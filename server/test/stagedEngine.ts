import { existsSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EngineDiarizer, EngineModule } from '../src/jobs/engine.ts';
import * as fake from './fakeEngine.ts';

/**
 * The stand-in of fakeEngine.ts that stops in a stage, so that somebody can kill it there: a file of the text
 * `stall STAGE` stays in that stage for a minute, once in the folder DIARIST_STALL_DIR. The next time it is two speakers.
 */
const MINUTE = 60_000;

async function stall(file: string, stage: string): Promise<void> {
  const wanted = /^stall (\w+)/.exec((await readFile(file)).toString('latin1', 0, 40))?.[1];
  const been = join(process.env['DIARIST_STALL_DIR'] ?? '.', stage);
  if (wanted !== stage || existsSync(been)) return;
  writeFileSync(been, '');
  await new Promise((resume) => setTimeout(resume, MINUTE));
}

export const openChannels: EngineModule['openChannels'] = async (file) => {
  await stall(file, 'decoding');
  const samples = new Float32Array(16_000);
  return {
    numChannels: 1,
    sampleRate: 16_000,
    duration: 1,
    source: { sampleRate: 16_000, numChannels: 1 },
    blocks: (async function* () {
      yield [samples];
    })(),
    close: async () => {},
  };
};

export async function createDiarizer(): Promise<EngineDiarizer> {
  const inner = await fake.createDiarizer();
  return {
    ...inner,
    async diarize(recording, options) {
      const file = String(recording);
      for (const stage of ['segmentation', 'embedding', 'clustering']) {
        options.observe?.({ type: 'progress', stage, done: 1, total: 1 });
        await stall(file, stage);
      }
      // a second of speaker 1, a second of speaker 2, as loudness tells them apart (fakeEngine.ts)
      const samples = Float32Array.from({ length: 16_000 }, (_, i) => (i < 8000 ? 1000 : 2000) / 32_768);
      return inner.diarize({ sampleRate: 8000, samples }, options);
    },
  };
}

export const { diarizeChannels, transcribe } = fake;
