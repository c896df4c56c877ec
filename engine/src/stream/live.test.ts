import fc from 'fast-check';
import { expect, test } from 'vitest';
import { embedding, levelAt, NUM_FRAMES, segmentation, sound } from '../../test/loudNetworks.ts';
import type { EmbeddingModel } from '../model/embedding.ts';
import type { SegmentationModel } from '../model/segmentation.ts';
import { type LiveOptions, liveDefaults, liveDiarization } from './live.ts';
import { type LiveEvent, liveTurns } from './liveTurns.ts';
import { onlineSpeakers } from './onlineSpeakers.ts';

async function hear(samples: Float32Array, sizes: readonly number[] = [1600]): Promise<LiveEvent[]> {
  const live = liveDiarization({ segmentation, embedding });
  const events: LiveEvent[] = [];
  for (let at = 0, i = 0; at < samples.length; i++) {
    const size = sizes[i % sizes.length];
    events.push(...(await live.push(samples.subarray(at, at + size))));
    at += size;
  }
  return [...events, ...(await live.finish())];
}

test('two people who take turns keep their numbers, also after longer than a window', async () => {
  const events = await hear(sound([3, 1], [2, 0], [4, 2], [12, 0], [3, 1]));
  expect(events.map(({ type, speaker }) => `${type} ${speaker}`)).toEqual([
    'start 0',
    'end 0',
    'start 1',
    'end 1',
    'start 0',
    'end 0',
  ]);
  const wanted = [0, 3, 5, 9, 21, 24];
  for (const [i, { time }] of events.entries()) expect(Math.abs(time - wanted[i]), `event ${i}`).toBeLessThan(0.1);
});

test('what is decided does not wait for the end: at most the latency and two steps', async () => {
  const live = liveDiarization({ segmentation, embedding });
  let heard = 0;
  for (let at = 0; at < 16000 * 4; at += 1600) {
    const events = await live.push(sound([0.1, 1]));
    if (events.length > 0 && heard === 0) heard = (at + 1600) / 16000;
  }
  expect(heard).toBeGreaterThan(0);
  expect(heard).toBeLessThanOrEqual(2.2);
});

test('a step as long as the window leaves nothing out between two windows', async () => {
  const live = liveDiarization({ segmentation, embedding }, { step: 10 });
  const events = [...(await live.push(sound([25, 1]))), ...(await live.finish())];
  expect(events.map(({ type, speaker }) => `${type} ${speaker}`)).toEqual(['start 0', 'end 0']);
  expect(events[0].time).toBeLessThan(0.1);
  expect(events[1].time).toBeCloseTo(25, 1);
});

test('silence says nothing, and neither does nothing', async () => {
  expect(await hear(sound([12, 0]))).toEqual([]);
  expect(await hear(new Float32Array(0))).toEqual([]);
});

test('a stream that a network failed in is over: whatever comes after fails in the same way', async () => {
  let runs = 0;
  const failing: SegmentationModel = {
    ...segmentation,
    run: async (...given) => {
      if (++runs === 3) throw new Error('out of memory');
      return segmentation.run(...given);
    },
  };
  const live = liveDiarization({ segmentation: failing, embedding }, { step: 0.5 });
  await live.push(sound([1.1, 1]));
  await expect(live.push(sound([0.5, 1]))).rejects.toThrow('out of memory');
  await expect(live.push(sound([0.5, 1]))).rejects.toThrow('out of memory');
  await expect(live.finish()).rejects.toThrow('out of memory');
  expect(runs).toBe(3);
});

test('no more than maxSpeakers are told apart', async () => {
  const live = liveDiarization({ segmentation, embedding }, { maxSpeakers: 2 });
  const events = [...(await live.push(sound([3, 1], [1, 0], [3, 2], [1, 0], [3, 3]))), ...(await live.finish())];
  expect(new Set(events.map(({ speaker }) => speaker))).toEqual(new Set([0, 1]));
});

test('whoever may be new after a tenth of a second is told apart from then on', async () => {
  const live = liveDiarization({ segmentation, embedding }, { minNewSpeech: 0.1 });
  const events = [...(await live.push(sound([0.2, 1], [1, 0], [3, 2], [1, 0], [2, 1]))), ...(await live.finish())];
  expect(events.map(({ type, speaker }) => `${type} ${speaker}`)).toEqual([
    'start 0',
    'end 0',
    'start 1',
    'end 1',
    'start 0',
    'end 0',
  ]);
});

test.each([
  [{ step: 12 }, "Got step 12 when a number of seconds above 0, up to the window's 10, was expected."],
  [{ step: Number.NaN }, 'Got step NaN when'],
  [{ latency: -1 }, 'Got latency -1 when a number of seconds from 0 was expected.'],
  [{ latency: Number.NaN }, 'Got latency NaN when'],
  [{ maxSpeakers: 1.5 }, 'Got maxSpeakers 1.5 when a whole number from 1 was expected.'],
  [{ maxSpeakers: 0 }, 'Got maxSpeakers 0 when'],
  [{ minNewSpeech: 0 }, 'Got minNewSpeech 0 when a number of seconds above 0 was expected.'],
  [{ onset: 1.2 }, 'Got onset 1.2 when a number from 0 to 1 was expected.'],
  [{ threshold: Number.NaN }, 'Got threshold NaN when a number was expected.'],
])('options that cannot work are refused before anything is heard: %j', (options, reason) => {
  expect(() => liveDiarization({ segmentation, embedding }, options)).toThrow(reason);
});

test('however the samples are cut, the same is heard; starts and ends alternate, in order, within the stream', async () => {
  const talk = sound([2, 1], [0.7, 0], [1.5, 2], [0.4, 0], [2, 1]);
  const whole = await hear(talk, [talk.length]);
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 20000 }), { minLength: 1, maxLength: 5 }), async (sizes) => {
      expect(await hear(talk, sizes)).toEqual(whole);
    }),
    { numRuns: 5 },
  );
  const open = new Set<number>();
  let last = 0;
  for (const { type, time, speaker } of whole) {
    expect(open.has(speaker)).toBe(type === 'end');
    if (type === 'end') open.delete(speaker);
    else open.add(speaker);
    expect(time).toBeGreaterThanOrEqual(last);
    expect(time).toBeLessThanOrEqual(6.6);
    last = time;
  }
  expect(open.size).toBe(0);
});

test('calls that do not wait for one another are heard in their order, also from an array that is filled anew', async () => {
  const talk = sound([2, 1], [0.7, 0], [1.5, 2], [0.4, 0], [2, 1]);
  const live = liveDiarization({ segmentation, embedding });
  const array = new Float32Array(9600);
  const told: Promise<LiveEvent[]>[] = [];
  for (let at = 0; at < talk.length; at += array.length) {
    const block = talk.subarray(at, at + array.length);
    array.set(block);
    told.push(live.push(array.subarray(0, block.length)));
  }
  told.push(live.finish());
  expect((await Promise.all(told)).flat()).toEqual(await hear(talk));
});

test('a stream that has ended takes no more samples, and ends once', async () => {
  const live = liveDiarization({ segmentation, embedding });
  await live.push(sound([3, 1]));
  const [push, events] = [live.push(sound([1, 2])), await live.finish()];
  await push;
  expect(events.at(-1)).toMatchObject({ type: 'end' });
  await expect(live.push(sound([1, 1]))).rejects.toThrow('Got samples after finish()');
  expect(await live.finish()).toEqual([]);
});

test('samples of 16 bits are refused: as they are they would be noise', async () => {
  const live = liveDiarization({ segmentation, embedding });
  await expect(live.push(new Int16Array(1600) as unknown as Float32Array)).rejects.toThrow(
    'Got samples as Int16Array when a Float32Array of numbers from -1 to 1 was expected: divide 16-bit ones by 32768.',
  );
});

test('short noises are not turns, short gaps do not end them', () => {
  const turns = liveTurns({ minOn: 0.1, minOff: 0.3 });
  const active = (time: number) => (time >= 1 && time < 1.04) || (time >= 2 && time < 3) || (time >= 3.2 && time < 4);
  const events: LiveEvent[] = [];
  for (let i = 0; i < 250; i++) events.push(...turns.frame(i / 50, () => active(i / 50), 1));
  expect(events).toEqual([
    { type: 'start', time: 2, speaker: 0 },
    { type: 'end', time: 4, speaker: 0 },
  ]);
  expect(turns.finish(5)).toEqual([]);
});

/** The only voice of a window, alone in so many frames. */
function voice(vector: readonly number[], numSolo = 120) {
  return {
    dimension: 2,
    numRows: 1,
    chunk: Int32Array.of(0),
    speaker: Int32Array.of(0),
    numSolo: Int32Array.of(numSolo),
    vectors: Float32Array.from(vector),
  };
}

test('a voice between two is whoever was heard there before', () => {
  const speakers = onlineSpeakers({ maxSpeakers: 2, threshold: 0.4 });
  const nobody = new Float64Array(2);
  expect([...speakers.assign(voice([1, 0]), nobody, 270 / 16000)]).toEqual([0]);
  expect([...speakers.assign(voice([0, 1], 20), nobody, 270 / 16000)]).toEqual([-1]); // too short to be somebody
  expect([...speakers.assign(voice([0, 1]), nobody, 270 / 16000)]).toEqual([1]);
  expect(speakers.count).toBe(2);
  // 0.17 s, which tell too little to change what 0 sounds like
  expect([...speakers.assign(voice([0.7, 0.72], 10), Float64Array.of(1, 0), 270 / 16000)]).toEqual([0]);
  expect([...speakers.assign(voice([0.7, 0.72], 10), Float64Array.of(0, 1), 270 / 16000)]).toEqual([1]);
  expect([...speakers.assign(voice([Number.NaN, 0]), Float64Array.of(0, 1), 270 / 16000)]).toEqual([1]);
});

test('who talks too shortly to be new is the nearest from half the threshold on, who learns nothing from it', () => {
  const speakers = onlineSpeakers({ maxSpeakers: 2, threshold: 0.4 });
  const nobody = new Float64Array(2);
  speakers.assign(voice([1, 0], 60), nobody, 270 / 16000);
  // Cosines 0.3 and 0.1, half a second; then 0.3 for a second, which is somebody.
  for (let i = 0; i < 50; i++) expect([...speakers.assign(voice([0.3, 0.954], 30), nobody, 270 / 16000)]).toEqual([0]);
  expect([...speakers.assign(voice([0.1, 0.995], 30), nobody, 270 / 16000)]).toEqual([-1]);
  expect([...speakers.assign(voice([0.3, 0.954], 60), nobody, 270 / 16000)]).toEqual([1]);
});

test('two voices of a window that sound like one speaker are that speaker', () => {
  const speakers = onlineSpeakers({ maxSpeakers: 3 });
  const voices = (...vectors: readonly (readonly number[])[]) => ({
    dimension: 2,
    numRows: vectors.length,
    chunk: new Int32Array(vectors.length),
    speaker: Int32Array.from(vectors, (_, i) => i),
    numSolo: new Int32Array(vectors.length).fill(120),
    vectors: Float32Array.from(vectors.flat()),
  });
  const nobody = new Float64Array(9);
  expect([...speakers.assign(voices([1, 0], [0.9, 0.1]), nobody, 270 / 16000)]).toEqual([0, 0]);
  expect([...speakers.assign(voices([0.9, 0.1], [0, 1], [1, 0]), nobody, 270 / 16000)]).toEqual([0, 1, 0]);
  expect(speakers.count).toBe(2);
});

// A network that hears when somebody talks and takes everybody for one; and vectors of a stretch that is heard once.
const oneForAll: SegmentationModel = {
  ...segmentation,
  async run(waveforms) {
    const scores = new Float32Array(NUM_FRAMES * 7).fill(-10);
    for (let f = 0; f < NUM_FRAMES; f++) scores[f * 7 + (levelAt(waveforms, f) > 0 ? 1 : 0)] = 0;
    return scores;
  },
};
const heardOnce: EmbeddingModel = {
  ...embedding,
  hear: async (stretch) => (voices) => embedding.embed(stretch, voices),
};
const likeness = { slope: 24, middle: 0.4, half: 1, same: 2, other: 3 };

test('turns are grouped anew where the model says how alike they are, and only there', async () => {
  const talk = sound([3, 1], [1, 0], [3, 2], [1, 0], [3, 1]);
  const told = async (options: LiveOptions) => {
    const live = liveDiarization({ segmentation: oneForAll, embedding: heardOnce }, options);
    const events = [...(await live.push(talk)), ...(await live.finish())];
    return events.filter(({ type }) => type === 'start').map(({ speaker }) => speaker);
  };
  expect(await told({ regroup: likeness })).toEqual([0, 1, 0]);
  expect(await told({})).toEqual([0, 0, 0]);
});

test('a network of probabilities is heard from the onset on that is asked for', async () => {
  const unsure: SegmentationModel = {
    ...segmentation,
    maxSimultaneous: 0,
    numClasses: 3,
    run: async (waveforms) =>
      Float32Array.from({ length: NUM_FRAMES * 3 }, (_, i) =>
        i % 3 === 0 && levelAt(waveforms, Math.floor(i / 3)) > 0 ? 0.6 : 0,
      ),
  };
  const numTold = async (options: LiveOptions) => {
    const live = liveDiarization({ segmentation: unsure, embedding }, options);
    return [...(await live.push(sound([1, 0], [3, 1], [1, 0]))), ...(await live.finish())].length;
  };
  expect(await numTold({})).toBe(2);
  expect(await numTold({ onset: 0.7 })).toBe(0);
});

test("of a model's options live takes how windows are heard, not their step nor what becomes of turns", () => {
  const model = { step: 1.5, minDurationOff: 0.2, minDurationOn: 0.1, onset: 0.7, excludeOverlap: false };
  expect(liveDefaults({ ...model, regroup: likeness })).toEqual({
    onset: 0.7,
    excludeOverlap: false,
    regroup: likeness,
  });
});
