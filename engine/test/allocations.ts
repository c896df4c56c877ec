const KINDS = ['Uint8Array', 'Uint16Array', 'Int32Array', 'Float32Array', 'Float64Array'] as const;

/**
 * Bytes of every typed array that is made while something runs, in the order of their making; views of what is there already
 * are none. How much a program allocates depends on what it is asked to do alone, not on the machine nor on when garbage is
 * collected, so that a test may know the number beforehand.
 *
 * The constructors are stood in for, also where `map` and `slice` look for them; they are put back at the end.
 */
export function allocations(work: () => void): number[] {
  const bytes: number[] = [];
  const originals = KINDS.map((name) => [name, globalThis[name]] as const);
  for (const [name, original] of originals) {
    const counting = new Proxy(original, {
      construct(kind, args: [number]) {
        const array = Reflect.construct(kind, args) as Uint8Array;
        if (!((args[0] as unknown) instanceof ArrayBuffer)) bytes.push(array.byteLength);
        return array;
      },
    });
    Reflect.set(globalThis, name, counting);
    Object.defineProperty(original, Symbol.species, { configurable: true, get: () => counting });
  }
  try {
    work();
  } finally {
    for (const [name, original] of originals) {
      Reflect.set(globalThis, name, original);
      Reflect.deleteProperty(original, Symbol.species); // what they inherit gives the array's own constructor
    }
  }
  return bytes;
}
