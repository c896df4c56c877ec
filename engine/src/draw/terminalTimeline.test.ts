import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clock, columns, drawTimeline } from './terminalTimeline.ts';

test('a lane a speaker, as high as the share of the cell in which they talk', () => {
  const turns = [
    { start: 0, end: 4, speaker: 'Ann' },
    { start: 4, end: 4.5, speaker: 'Bo' },
    { start: 7, end: 10, speaker: 'Bo' },
  ];
  // 10 cells of a second each, behind names of 3 and a gap of 2
  expect(drawTimeline(turns, ['Ann', 'Bo'], 10, { width: 15 }).split('\n')).toEqual([
    'Ann  ████',
    'Bo       ▄  ███',
    '     ╷',
    '     0:00',
  ]);
});

test('the least speech shows, and ticks come at round times', () => {
  const lines = drawTimeline([{ start: 0, end: 0.01, speaker: 'A' }], ['A'], 60, { width: 43 }).split('\n');
  expect(lines).toEqual(['A  ▁', '   ╷         ╷         ╷         ╷', '   0:00      0:15      0:30      0:45']);
});

test('each lane is painted with its number', () => {
  const paint = (text: string, speaker: number) => `<${speaker}>${text}`;
  const drawn = drawTimeline([{ start: 0, end: 1, speaker: 'B' }], ['A', 'B'], 1, { width: 13, paint });
  expect(drawn.split('\n').slice(0, 2)).toEqual(['<0>A  ', `<1>B  ${'█'.repeat(10)}`]);
});

test('no line is wider than asked for, whatever the names and turns', () => {
  const turn = fc
    .record({ start: fc.float({ min: 0, max: 100, noNaN: true }), length: fc.float({ min: 0, max: 50, noNaN: true }) })
    .map(({ start, length }) => ({ start, end: start + length, speaker: 'x' }));
  fc.assert(
    fc.property(
      fc.array(turn),
      fc.string({ unit: 'grapheme', maxLength: 60 }),
      fc.integer({ min: 30, max: 200 }),
      (turns, name, width) => {
        const named = turns.map((one) => ({ ...one, speaker: name }));
        for (const line of drawTimeline(named, [name], 100, { width }).split('\n')) {
          expect(columns(line)).toBeLessThanOrEqual(width);
        }
      },
    ),
  );
});

test('names cannot steer the terminal', () => {
  expect(drawTimeline([], ['a\u001b[2Jb\n'], 1, { width: 40 })).not.toContain('\u001b');
});

test('clocks round once: 59.996 s is a minute', () => {
  expect([clock(59.996, { decimals: 2 }), clock(3723.4), clock(5), clock(0.05, { decimals: 2 })]).toEqual([
    '1:00.00',
    '1:02:03',
    '0:05',
    '0:00.05',
  ]);
});

test('wide characters take two columns and marks none', () => {
  expect([columns('ab'), columns('会议'), columns('e\u0301'), columns('Zoë')]).toEqual([2, 4, 1, 3]);
});
