import type { PicturedPoint, PointsPicture } from './runPicture.ts';
import { NO_SPEAKER } from './speakerIndex.ts';

/**
 * The embeddings on paper, as SVG: a point a local speaker of a window, coloured by cluster (class `s0`, `s1` …). A disc
 * was learnt from, a triangle only assigned, a cross belongs to nobody. What a script needs to tell about a point stands
 * in its data attributes.
 */
const WIDTH = 960;
const HEIGHT = 380;
const MARGIN = 24;
const SIZE = 5;

export function scatter(
  { points }: PointsPicture,
  { title, desc }: { readonly title: string; readonly desc: string },
): string {
  const [left, right] = bounds(points.map(({ x }) => x));
  const [low, high] = bounds(points.map(({ y }) => y));
  // one scale for both axes: distances on paper are distances
  const scale = Math.min((WIDTH - 2 * MARGIN) / (right - left), (HEIGHT - 2 * MARGIN) / (high - low));
  const at = ({ x, y }: PicturedPoint): [number, number] => [
    WIDTH / 2 + (x - (left + right) / 2) * scale,
    HEIGHT / 2 - (y - (low + high) / 2) * scale,
  ];
  // assigned ones first, so that those that were learnt from lie on top
  const marks = [...points.keys()]
    .sort((a, b) => Number(points[a].training) - Number(points[b].training))
    .map((index) => mark(points[index], at(points[index]), index));
  return [
    `<svg id="scatter" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="scatter-title scatter-desc">`,
    `<title id="scatter-title">${title}</title><desc id="scatter-desc">${desc}</desc>`,
    ...marks,
    '</svg>',
  ].join('');
}

function mark(point: PicturedPoint, [x, y]: [number, number], index: number): string {
  const { speaker, training, chunk, local } = point;
  const data = `data-i="${index}" data-c="${chunk}" data-l="${local}"`;
  if (speaker === NO_SPEAKER) return `<path class="nobody" d="M${r(x - 4)} ${r(y - 4)}l8 8m-8 0l8-8" ${data}/>`;
  if (training) return `<circle class="s${speaker % 10}" cx="${r(x)}" cy="${r(y)}" r="${SIZE}" ${data}/>`;
  return `<path class="s${speaker % 10} assigned" d="M${r(x)} ${r(y - 6)}l5.5 10h-11z" ${data}/>`;
}

function bounds(values: readonly number[]): [number, number] {
  const low = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const high = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  return high - low > 1e-9 ? [low, high] : [(Number.isFinite(low) ? low : 0) - 1, (Number.isFinite(low) ? low : 0) + 1];
}

function r(value: number): string {
  return value.toFixed(1);
}
