/**
 * Names in the order Python sorts strings: by code point. JavaScript's `<` compares UTF-16 units, which puts
 * characters beyond U+FFFF (an emoji, say) before U+E000..U+FFFF (full-width letters, say).
 */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

/** A UTF-16 unit's place in code point order: surrogates stand for the highest code points. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
