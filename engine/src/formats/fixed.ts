import { rint } from '../math/round.ts';

/**
 * A number with three decimals, to the digit as Python's `'%.3f'`. Both languages round the exact binary value; they
 * differ in ties only, which JavaScript rounds up and Python to even. With three decimals a tie is an odd number of
 * sixteenths (0.0625 = 0.062|5): no other double lies exactly between two thousandths.
 */
export function fixed3(x: number): string {
  if (!Number.isFinite(x)) throw new RangeError(`Got ${x} when a finite number of seconds was expected.`);
  const sixteenths = x * 16;
  const tie = Number.isInteger(sixteenths) && sixteenths % 2 !== 0;
  return (tie ? rint(x * 1000) / 1000 : x).toFixed(3);
}
