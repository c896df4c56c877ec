import { expect, test } from 'vitest';
import { diarize } from './diarize.ts';
import type { DiarizationModels } from './options.ts';

test.each([
  [{ onset: Number.NaN }, 'Got onset NaN when a number from 0 to 1 was expected.'],
  [{ onset: 1.5 }, 'Got onset 1.5 when a number from 0 to 1 was expected.'],
  [{ smoothing: Number.NaN }, 'Got smoothing NaN when a number from 0 to less than 1 was expected.'],
  [{ smoothing: 1 }, 'Got smoothing 1 when a number from 0 to less than 1 was expected.'],
  [{ numSpeakers: 2, minSpeakers: 3 }, 'Got numSpeakers 2 when minSpeakers is 3.'],
  [{ numSpeakers: 4, maxSpeakers: 3 }, 'Got numSpeakers 4 when maxSpeakers is 3.'],
])('%o is refused as the command refuses it', async (options, message) => {
  const audio = { samples: new Float32Array(1), sampleRate: 16000 };
  await expect(diarize(audio, undefined as unknown as DiarizationModels, options)).rejects.toThrow(message);
});

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
