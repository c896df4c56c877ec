import { expect, test } from 'vitest';
import { embedding, segmentation, sound } from '../../test/loudNetworks.ts';
import { ahcClustering } from './ahc.ts';
import { diarize } from './diarize.ts';
import type { DiarizationModels, DiarizeEvent } from './options.ts';

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

const models: DiarizationModels = {
  segmentation,
  embedding,
  clustering: ahcClustering({ method: 'average', threshold: 0.5, minClusterSize: 1 }),
  label: { name: 'loudness', version: '0', licence: '' },
};
const talk = { samples: sound([4, 1], [1, 0], [4, 2], [1, 0], [4, 1], [1, 0], [4, 2]), sampleRate: 16000 };

test.each([
  [
    { numSpeakers: 3 },
    ['Found 2 speakers where 3 were asked for: too little of the others is heard, or they sound alike.'],
  ],
  [
    { minSpeakers: 4 },
    ['Found 2 speakers where 4 were asked for: too little of the others is heard, or they sound alike.'],
  ],
  [{ numSpeakers: 2 }, []],
  [{ minSpeakers: 1, maxSpeakers: 5 }, []],
  [{}, []],
])('two people, %o: warned where the result has another number', async (bounds, warnings) => {
  const result = await diarize(talk, models, bounds);
  expect(result.speakers.length).toBe(2);
  expect(result.warnings).toEqual(warnings);
});

test('where no turn is left nobody is missed, whether or not somebody was heard', async () => {
  const { turns, warnings } = await diarize(talk, models, { minDurationOn: 60 });
  expect([turns, warnings]).toEqual([[], ['No speech was found.']]);
});

test.each([1, 12, 23, 30])('progress ends where the recording does, after %s s', async (seconds) => {
  const last = new Map<string, [number, number | undefined]>();
  const observe = (event: DiarizeEvent): void => {
    if (event.type !== 'progress') return;
    expect(event.done).toBeLessThanOrEqual(seconds);
    last.set(event.stage, [event.done, event.total]);
  };
  await diarize({ samples: sound([seconds, 1]), sampleRate: 16000 }, models, { observe });
  expect([...last.keys()]).toEqual(['segmentation', 'embedding', 'clustering', 'reconstruction']);
  expect([last.get('segmentation'), last.get('embedding')]).toEqual([
    [seconds, seconds],
    [seconds, seconds],
  ]);
});
