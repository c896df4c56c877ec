import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assign, matchSpeakers } from './match.ts';

const east = Float32Array.of(1, 0, 0);
const north = Float32Array.of(0, 1, 0);
const nearEast = Float32Array.of(0.9, 0.1, 0);

test('each speaker gets the label that it sounds like', () => {
  const heard = [
    { speaker: 'SPEAKER_00', vector: north },
    { speaker: 'SPEAKER_01', vector: east },
  ];
  const matches = matchSpeakers(heard, [
    { label: 'East', vectors: [east] },
    { label: 'North', vectors: [north] },
  ]);
  expect(matches.map(({ match }) => match)).toEqual(['North', 'East']);
  expect(Object.keys(matches[0].confidence)).toEqual(['East', 'North']);
});

test('exclusive: one label for one speaker, the surplus speaker gets none; otherwise both get it', () => {
  const heard = [
    { speaker: 'SPEAKER_00', vector: nearEast },
    { speaker: 'SPEAKER_01', vector: east },
  ];
  const candidates = [{ label: 'East', vectors: [east] }];
  expect(matchSpeakers(heard, candidates).map(({ match }) => match)).toEqual([null, 'East']);
  expect(matchSpeakers(heard, candidates, { exclusive: false }).map(({ match }) => match)).toEqual(['East', 'East']);
});

test('a threshold refuses weak matches, and 0 refuses nobody', () => {
  const heard = [{ speaker: 'SPEAKER_00', vector: north }];
  const candidates = [{ label: 'East', vectors: [east] }];
  expect(matchSpeakers(heard, candidates, { threshold: 0 })[0].match).toBe('East');
  expect(matchSpeakers(heard, candidates, { threshold: 50 })[0].match).toBeNull();
});

test('a score that is told as the threshold meets it', () => {
  // 1 / (1 + e^-(20 · 1 - 10.5)) is 99.9925 %, told as 100.
  const [{ match, confidence }] = matchSpeakers(
    [{ speaker: 'a', vector: east }],
    [{ label: 'East', vectors: [east] }],
    { threshold: 100 },
  );
  expect(confidence).toEqual({ East: 100 });
  expect(match).toBe('East');
});

test("a score is a probability by the model's own line, and by a cautious one where the model has none", () => {
  const at = (cosine: number) => [{ speaker: 'a', vector: Float32Array.of(cosine, Math.sqrt(1 - cosine ** 2), 0) }];
  const score = (cosine: number, line?: { slope: number; intercept: number }) =>
    matchSpeakers(at(cosine), [{ label: 'East', vectors: [east] }], { line })[0].confidence['East'];
  // The embedded model's manifest; by hand: 0.46 is its half, 0.6 is 1 / (1 + e^-2.203), 0.3 is 1 / (1 + e^2.5325).
  const embedded = { slope: 15.785, intercept: -7.268 };
  expect([0.3, 0.4604, 0.6].map((cosine) => score(cosine, embedded))).toEqual([7, 50, 90]);
  expect([0.46, 0.525, 0.6].map((cosine) => score(cosine))).toEqual([21, 50, 82]);
});

test('the nearest of several samples counts; a speaker without a vector matches nobody', () => {
  const candidates = [{ label: 'Sam', vectors: [north, east] }];
  const [one, none] = matchSpeakers([{ speaker: 'a', vector: east }, { speaker: 'b' }], candidates, {
    exclusive: false,
  });
  expect(one.confidence['Sam']).toBeGreaterThan(90);
  expect(none).toEqual({ speaker: 'b', match: null, confidence: { Sam: 0 } });
});

test('the assignment has the largest sum of all, by trying every one', () => {
  const best = (scores: number[][], row = 0, taken = new Set<number>()): number => {
    if (row === scores.length) return 0;
    let most = best(scores, row + 1, taken);
    for (let c = 0; c < scores[0].length; c++) {
      if (taken.has(c)) continue;
      most = Math.max(most, scores[row][c] + best(scores, row + 1, new Set([...taken, c])));
    }
    return most;
  };
  const matrix = fc.tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5 })).chain(([rows, columns]) =>
    fc.array(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: columns, maxLength: columns }), {
      minLength: rows,
      maxLength: rows,
    }),
  );
  fc.assert(
    fc.property(matrix, (scores) => {
      const chosen = assign(scores);
      const used = chosen.filter((c) => c >= 0);
      expect(new Set(used).size).toBe(used.length);
      expect(chosen.reduce((sum, c, r) => sum + (c < 0 ? 0 : scores[r][c]), 0)).toBe(best(scores));
    }),
    { numRuns: 300 },
  );
});
