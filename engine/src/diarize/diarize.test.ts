import { expect, test } from 'vitest';
import { diarize } from './diarize.ts';
import type { DiarizationModels } from './options.ts';

test.each([
  { minDurationOff: Number.NaN },
  { minDurationOn: Number.NaN },
  { minDurationOff: -0.1 },
  { minDurationOn: -0.1 },
])('%o is refused before anything is heard', async (options) => {
  const [[name, value]] = Object.entries(options);
  const audio = { samples: new Float32Array(1), sampleRate: 16000 };
  await expect(diarize(audio, undefined as unknown as DiarizationModels, options)).rejects.toThrow(
    `Got ${name} ${value} when 0 or more seconds were expected.`,
  );
});
