import { InvalidArgumentError } from 'commander';

/** What an option's text says; commander puts the option's name before the reason. */

/** 0, 1, 2 … */
export function whole(value: string): number {
  const number = Number(value);
  if (!/^\d+$/.test(value.trim()) || number >= 2 ** 32)
    throw new InvalidArgumentError('Expected a whole number from 0.');
  return number;
}

/** 1, 2, 3 … */
export function positive(value: string): number {
  if (!/^\d+$/.test(value.trim()) || whole(value) === 0)
    throw new InvalidArgumentError('Expected a whole number from 1.');
  return whole(value);
}

export function seconds(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !(number >= 0 && number < Number.POSITIVE_INFINITY))
    throw new InvalidArgumentError('Expected a number of seconds, 0 or more.');
  return number;
}

export function finite(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number)) throw new InvalidArgumentError('Expected a number.');
  return number;
}

export function share(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !(number >= 0 && number <= 1))
    throw new InvalidArgumentError('Expected a number from 0 to 1.');
  return number;
}

/** Of an option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** The same, and several at a time: `a,b`. */
export function names(value: string, before: readonly string[] = []): readonly string[] {
  const given = value.split(',').map((name) => name.trim());
  const some = given.filter((name) => name !== '');
  if (some.length === 0) throw new InvalidArgumentError('Expected names with commas between.');
  return [...before, ...some];
}
