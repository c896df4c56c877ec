import { expect, test } from 'vitest';
import { airtime } from '../core/airtime.ts';
import { annotation } from '../core/annotation.ts';
import { drawAirtime } from './terminalAirtime.ts';

const turns = [
  { start: 0, end: 6, speaker: 'Ann' },
  { start: 5, end: 8, speaker: 'Bo' },
];

test('airtime as a table: bars are shares of the longest', () => {
  const drawn = drawAirtime(airtime(annotation(turns), { duration: 100 }), { width: 60 });
  // 3 + 5 + 4 + 6 + 13 characters, four gaps of 3 and one of 2: 60 columns leave 14
  expect(drawn.split('\n')).toEqual([
    `Ann   6.0 s   67 %   1 turn    longest 6.0 s  ${'█'.repeat(14)}`,
    `Bo    3.0 s   33 %   1 turn    longest 3.0 s  ${'█'.repeat(7)}`,
    'speech 0:08 of 1:40 (8 %), overlap 0:01 (1 %), silence 1:32 (92 %)',
  ]);
});

test('who has turns without length gets a row without a bar', () => {
  const [row] = drawAirtime(airtime({ turns: [{ start: 1, end: 1, speaker: 'Ann' }] })).split('\n');
  expect(row).toBe('Ann   0.0 s   0 %   1 turn    longest 0.0 s');
});

test('a narrow terminal gets no bars, and nobody speaking no rows', () => {
  expect(drawAirtime(airtime(annotation(turns)), { width: 40 })).not.toContain('█');
  expect(drawAirtime(airtime(annotation(), { duration: 3 }))).toBe(
    'speech 0:00 of 0:03 (0 %), overlap 0:00 (0 %), silence 0:03 (100 %)',
  );
});
