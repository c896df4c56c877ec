import type { Tracks } from './tracks.ts';

/**
 * pyannote.metrics 4.2.0 renames labels before it maps them (reference A, B, …, Z, AA, …; hypothesis 0, 1, …) and then
 * sorts the new names as text: 10 comes before 2, AA before B. That decides between mappings of the same value, so the
 * same order is made here. With up to 26 and 10 labels nothing changes.
 */

/** Labels in the order of "A", "B", …, "Z", "AA", … sorted as text. */
export function orderedAsLetters(tracks: Tracks): Tracks {
  return tracks.labels.length <= 26 ? tracks : reordered(tracks, letters);
}

/** Labels in the order of "0", "1", … sorted as text. */
export function orderedAsNumbers(tracks: Tracks): Tracks {
  return tracks.labels.length <= 10 ? tracks : reordered(tracks, String);
}

function reordered(tracks: Tracks, newName: (index: number) => string): Tracks {
  const names = tracks.labels.map((_, index) => newName(index));
  const order = names.map((_, index) => index).sort((a, b) => (names[a] < names[b] ? -1 : 1));
  const place = new Int32Array(order.length);
  order.forEach((index, at) => {
    place[index] = at;
  });
  return {
    ...tracks,
    label: tracks.label.map((index) => place[index]),
    labels: order.map((index) => tracks.labels[index]),
  };
}

/** 0 → A, 25 → Z, 26 → AA, as a spreadsheet names its columns. */
function letters(index: number): string {
  let name = '';
  for (let rest = index + 1; rest > 0; rest = Math.floor((rest - 1) / 26)) {
    name = String.fromCharCode(65 + ((rest - 1) % 26)) + name;
  }
  return name;
}
