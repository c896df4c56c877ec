/** Numbers that the commands of the client are given; a TypeError is a misuse and ends with 2. */

export function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new TypeError(`Got --${name} ${text} when a whole number from 1 was expected.`);
  return Number(text);
}

export function price(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new TypeError(`Got --${name} ${text} when a price of an hour, such as 0.15, was expected.`);
  return value;
}
