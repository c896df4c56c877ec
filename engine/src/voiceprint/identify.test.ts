import { expect, test } from 'vitest';
import { identifySpeakers } from './identify.ts';

const speaker = (label: string, ...embedding: number[]) => ({
  label,
  embedding: Float32Array.from(embedding),
  speechDuration: 5,
});
const print = (name: string, ...vector: number[]) => ({ name, vector: Float32Array.from(vector) });

test('a name goes to one speaker, the pairs being as alike as can be in all', () => {
  // Alone, both would be Ada; together Ben is the better name for the first.
  const speakers = [speaker('SPEAKER_00', 1, 0.8), speaker('SPEAKER_01', 1, 0)];
  const found = identifySpeakers(speakers, [print('Ada', 1, 0.1), print('Ben', 0.4, 1)], { threshold: 0.3 });
  expect(found.map(({ label, name }) => [label, name])).toEqual([
    ['SPEAKER_00', 'Ben'],
    ['SPEAKER_01', 'Ada'],
  ]);
});

test('who resembles nobody keeps the label; of several prints of a name the nearest counts', () => {
  const speakers = [
    speaker('SPEAKER_00', 1, 0),
    { label: 'SPEAKER_01', speechDuration: 1 },
    speaker('SPEAKER_02', 0, 1),
  ];
  const prints = [print('Ada', -1, 0), print('Ada', 2, 0)];
  expect(identifySpeakers(speakers, prints, { threshold: 0.5 })).toEqual([
    { label: 'SPEAKER_00', name: 'Ada', score: 1 },
  ]);
  expect(identifySpeakers(speakers, [], { threshold: 0.5 })).toEqual([]);
  expect(() => identifySpeakers(speakers, [print('Ada', 1)], { threshold: 0.5 })).toThrow(
    'Got a voiceprint of 1 numbers when those of this model have 2.',
  );
});

test('who resembles nobody keeps the label where there are as many names as speakers, or more', () => {
  const [ann, ben, cay] = [
    speaker('SPEAKER_00', 1, 0, 0),
    speaker('SPEAKER_01', 0, 1, 0),
    speaker('SPEAKER_02', 0, 0, 1),
  ];
  const names = (speakers: readonly ReturnType<typeof speaker>[], ...prints: ReturnType<typeof print>[]) =>
    identifySpeakers(speakers, prints, { threshold: 0.5 }).map(({ label, name }) => `${label} ${name}`);
  expect(names([ann], print('Ben', 0, 1, 0))).toEqual([]);
  expect(names([ann], print('Ben', 0, 1, 0), print('Cay', 0, 0, 1))).toEqual([]);
  expect(names([ann, ben], print('Ann', 1, 0, 0), print('Cay', 0, 0, 1))).toEqual(['SPEAKER_00 Ann']);
  expect(names([ann, ben, cay], print('Cay', 0, 0.1, 1), print('Cay 2', 0, 0.2, 1))).toEqual(['SPEAKER_02 Cay']);
});
