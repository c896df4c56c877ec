import type { Session, Tensor } from '../model/runtime.ts';

/**
 * A network opened twice, of which the fast session has to prove itself, because GPU drivers differ in what they compute:
 *
 *   first run   by both, compared; the sure one's numbers are the answer
 *   then on     the fast one alone where it agreed; the sure one where it disagreed or failed. The other is let go of.
 */
export function onProbation(sure: Session, fast: Session, onTrusted: () => void): Session {
  let chosen: Session | undefined;
  let trial: Promise<Record<string, Tensor>> | undefined;

  async function compare(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    const expected = await sure.run(feeds);
    const found = await fast.run(feeds).catch(() => undefined);
    const agrees = found !== undefined && Object.keys(expected).every((name) => isClose(found[name], expected[name]));
    chosen = agrees ? fast : sure;
    if (agrees) onTrusted();
    await (agrees ? sure : fast).release();
    return expected;
  }

  async function run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    if (chosen !== undefined) return chosen.run(feeds);
    if (trial !== undefined) {
      await trial.catch(() => undefined);
      return run(feeds);
    }
    trial = compare(feeds);
    try {
      return await trial;
    } finally {
      trial = undefined; // where the sure one failed, too little memory for a recording say, the next run is the trial
    }
  }

  return {
    inputs: sure.inputs,
    outputs: sure.outputs,
    run,
    release: async () => {
      if (chosen !== undefined) return chosen.release();
      await Promise.all([sure.release(), fast.release()]);
    },
  };
}

/** Within a hundredth of the largest value: half precision on a GPU stays well inside, a wrong kernel does not, nor NaN. */
function isClose(found: Tensor | undefined, expected: Tensor): boolean {
  if (found === undefined || found.data.length !== expected.data.length) return false;
  let largest = 0;
  for (let i = 0; i < expected.data.length; i++) largest = Math.max(largest, Math.abs(Number(expected.data[i])));
  for (let i = 0; i < expected.data.length; i++)
    if (!(Math.abs(Number(found.data[i]) - Number(expected.data[i])) <= 0.01 * largest)) return false;
  return true;
}
