import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DiscreteDiarization } from './reconstruct.ts';
import { clusterTurns, nameTurns, speakerNames, turnCollector } from './turns.ts';

/** One string a cluster, one letter a second; times are the middles of frames, half past. */
function discrete(...columns: string[]): DiscreteDiarization {
  const numFrames = columns[0].length;
  const data = Uint8Array.from({ length: numFrames * columns.length }, (_, i) =>
    columns[i % columns.length][Math.floor(i / columns.length)] === '#' ? 1 : 0,
  );
  return { grid: { start: 0, duration: 1, step: 1 }, numFrames, numSpeakers: columns.length, data };
}

test('runs of frames are turns, from the middle of the first to the middle of the one after', () => {
  expect(clusterTurns(discrete('.##..', '..##.'))).toEqual([
    { start: 1.5, end: 3.5, cluster: 0 },
    { start: 2.5, end: 4.5, cluster: 1 },
  ]);
});

test('gaps of one speaker are filled, whoever else talks in them', () => {
  expect(clusterTurns(discrete('#.#..', '.#...'), { minDurationOff: 1.5 })).toEqual([
    { start: 0.5, end: 3.5, cluster: 0 },
    { start: 1.5, end: 2.5, cluster: 1 },
  ]);
});

test('what is short when gaps have been filled is left out', () => {
  const found = discrete('#.#...#.', '.#......');
  expect(clusterTurns(found, { minDurationOn: 1.5 })).toEqual([]);
  expect(clusterTurns(found, { minDurationOff: 1.5, minDurationOn: 1.5 })).toEqual([
    { start: 0.5, end: 3.5, cluster: 0 },
  ]);
  expect(clusterTurns(found, { minDurationOn: 1 })).toHaveLength(4); // not shorter
});

test('a turn goes on from one block of frames into the next', () => {
  const whole = discrete('.##.#', '#.###');
  for (const minDurationOff of [0, 1.5]) {
    const turns = turnCollector(whole.grid, { minDurationOff });
    for (let frame = 0; frame < 5; frame++)
      turns.add({ ...whole, numFrames: 1, data: whole.data.subarray(2 * frame, 2 * frame + 2) });
    expect(turns.finish()).toEqual(clusterTurns(whole, { minDurationOff }));
  }
});

test('a recording without frames has no turns', () => {
  expect(turnCollector({ start: 0, duration: 1, step: 1 }).finish()).toEqual([]);
});

test('names are given in the order of clusters as text, to those that talk', () => {
  const columns = Array.from({ length: 12 }, (_, cluster) => ([1, 2, 10].includes(cluster) ? '#.' : '..'));
  const names = speakerNames(clusterTurns(discrete(...columns)));
  expect([...names]).toEqual([
    [1, 'SPEAKER_00'],
    [10, 'SPEAKER_01'],
    [2, 'SPEAKER_02'],
  ]);
});

test('equal segments come in the order of their track names, which are letters', () => {
  // 28 clusters talk at once: tracks A … Z, AA, AB; as text AA and AB come before B
  const order = clusterTurns(discrete(...Array<string>(28).fill('#.'))).map(({ cluster }) => cluster);
  expect(order.slice(0, 4)).toEqual([0, 26, 27, 1]);
});

test('turns of a cluster without a name are left out', () => {
  const turns = [
    { start: 0, end: 1, cluster: 0 },
    { start: 1, end: 2, cluster: 5 },
  ];
  expect(nameTurns(turns, new Map([[5, 'SPEAKER_00']]))).toEqual([{ start: 1, end: 2, speaker: 'SPEAKER_00' }]);
});

test('turns put back on frames are the frames', () => {
  const columns = fc.integer({ min: 1, max: 20 }).chain((n) =>
    fc.array(fc.string({ unit: fc.constantFrom('#', '.'), minLength: n, maxLength: n }), {
      minLength: 1,
      maxLength: 4,
    }),
  );
  fc.assert(
    fc.property(columns, (rows) => {
      const turns = clusterTurns(discrete(...rows));
      rows.forEach((row, cluster) => {
        const own = turns.filter((turn) => turn.cluster === cluster);
        // the last frame only ends what was on
        const back = [...row.slice(0, -1)].map((_, i) =>
          own.some(({ start, end }) => start <= i + 0.5 && i + 0.5 < end) ? '#' : '.',
        );
        expect(back.join('')).toBe(row.slice(0, -1));
      });
      const sorted = turns.toSorted((a, b) => a.start - b.start || a.end - b.end);
      expect(turns.map(({ start, end }) => [start, end])).toEqual(sorted.map(({ start, end }) => [start, end]));
    }),
  );
});
