import { expect, test } from 'vitest';
import { reliabilityPicture } from './reliabilityPicture.ts';

const point = (score: number, outcome: number) => ({ score, outcome, weight: 1 });

test('a score that is as often right as it says lies on the diagonal', () => {
  const bins = [point(0, 0), point(0.5, 0.5), point(1, 1)];
  const svg = reliabilityPicture([{ title: 'turns', before: [], kinds: [{ name: 'a', bins }] }], { title: 'T' });
  const ideal = /class="ideal" d="M([\d.]+) ([\d.]+)L([\d.]+) ([\d.]+)"/.exec(svg)!.slice(1).map(Number);
  const discs = [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" r="[\d.]+" fill="#0b61a4" fill-opacity/g)];
  expect(discs.map(([, x, y]) => [Number(x), Number(y)])).toEqual([
    [ideal[0], ideal[1]],
    [(ideal[0] + ideal[2]) / 2, (ideal[1] + ideal[3]) / 2],
    [ideal[2], ideal[3]],
  ]);
});

test('names are text, never markup', () => {
  const panel = { title: '<b>', before: [], kinds: [{ name: '<script>', bins: [point(0, 0)] }] };
  expect(reliabilityPicture([panel], { title: 'a & b' })).not.toMatch(/<script|<b>|a & b/);
});
