import { expect, test } from 'vitest';
import { forEachLimited } from './limited.ts';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test('every item is worked on, no more than the limit at a time, and items are made as they are needed', async () => {
  let running = 0;
  let most = 0;
  let made = 0;
  const done: number[] = [];
  function* numbers(): Generator<number> {
    for (let i = 0; i < 10; i++) {
      made++;
      expect(made - done.length).toBeLessThanOrEqual(3);
      yield i;
    }
  }
  await forEachLimited(numbers(), 3, async (item) => {
    most = Math.max(most, ++running);
    await pause(item % 3);
    done.push(item);
    running--;
  });
  expect(done.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(most).toBe(3);
});

test('a failure is thrown after what is under way has ended, and nothing new is begun', async () => {
  const begun: number[] = [];
  let ended = 0;
  const work = forEachLimited([1, 2, 3, 4, 5, 6], 2, async (item) => {
    begun.push(item);
    await pause(item === 2 ? 1 : 5);
    ended++;
    if (item === 2) throw new RangeError('two');
  });
  await expect(work).rejects.toThrow('two');
  expect(ended).toBe(begun.length);
  expect(begun.length).toBeLessThan(6);
});
