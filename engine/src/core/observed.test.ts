import { expect, test } from 'vitest';
import { observed } from './observed.ts';

const later = () => new Promise((done) => setTimeout(done, 1));
const twoEvents = async (observe: ((event: number) => void) | undefined) => {
  observe?.(1);
  await later();
  observe?.(2);
  return 'result';
};

test('work goes on without waiting for the observer, and its result comes back', async () => {
  const told: number[] = [];
  const never = (event: number) => {
    told.push(event);
    return new Promise(() => {});
  };
  expect(await observed(never, twoEvents)).toBe('result');
  expect(told).toEqual([1, 2]);
  expect(await observed(undefined, async (observe) => observe)).toBe(undefined);
});

test('what an observer throws, or its promise is rejected with, ends the work with that error', async () => {
  const full = new Error('the table is full');
  const told: number[] = [];
  const throwing = (event: number) => {
    told.push(event);
    throw full;
  };
  await expect(observed(throwing, twoEvents)).rejects.toBe(full);
  const rejecting = async (event: number) => throwing(event);
  await expect(observed(rejecting, twoEvents)).rejects.toBe(full);
  expect(told).toEqual([1, 1]); // nothing is told after that
  await expect(observed(async (event) => event === 2 && throwing(event), twoEvents)).rejects.toBe(full);
});
