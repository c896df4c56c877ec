import { expect, test } from 'vitest';
import type { Session, Tensor } from '../model/runtime.ts';
import { onProbation } from './probation.ts';

/** A session that answers with these numbers, or fails, and counts what is asked of it. */
function session(...answers: (readonly number[] | Error)[]): Session & { runs: number; released: boolean } {
  return {
    inputs: [],
    outputs: [],
    runs: 0,
    released: false,
    async run(): Promise<Record<string, Tensor>> {
      const answer = answers[Math.min(this.runs++, answers.length - 1)];
      if (answer instanceof Error) throw answer;
      return { scores: { type: 'float32', data: Float32Array.from(answer), dims: [answer.length] } };
    },
    async release() {
      this.released = true;
    },
  };
}

async function trusts(sure: readonly number[], fast: readonly number[] | Error): Promise<boolean> {
  let trusted = false;
  const [one, other] = [session(sure), session(fast)];
  const network = onProbation(one, other, () => {
    trusted = true;
  });
  const first = await network.run({});
  expect([...first['scores'].data]).toEqual(sure);
  await network.run({});
  expect([one.runs, other.runs]).toEqual(trusted ? [1, 2] : [2, 1]);
  expect([one.released, other.released]).toEqual([trusted, !trusted]);
  return trusted;
}

test('a GPU whose numbers are within a hundredth of the largest is trusted from its second run on', async () => {
  expect(await trusts([-1, 2], [-1.015625, 2.015625])).toBe(true);
});

test.each([
  ['is farther off', [-1.03125, 2]],
  ['gives NaN, however right what follows it is', [Number.NaN, 2]],
  ['gives fewer numbers', [-1]],
  ['fails', new Error('lost')],
])('a GPU that %s is let go of', async (_, fast) => {
  expect(await trusts([-1, 2], fast)).toBe(false);
});

test('a first run that fails on both sides fails alone: the next one is the trial', async () => {
  const sure = session(new Error('out of memory'), [1]);
  const network = onProbation(sure, session([1]), () => {});
  const both = await Promise.allSettled([network.run({}), network.run({})]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect([...(await network.run({}))['scores'].data]).toEqual([1]);
  expect(sure.runs).toBe(2);
});

test('both are let go of where nothing was run', async () => {
  const [sure, fast] = [session([1]), session([1])];
  await onProbation(sure, fast, () => {}).release();
  expect([sure.released, fast.released]).toEqual([true, true]);
});
