import { escapeHtml } from '../../draw/escape.ts';
import type { DetCurve } from './detCurve.ts';
import { probit } from './probit.ts';

/**
 * A DET plot as SVG: misses over false alarms, both axes stretched like the normal distribution, so that scores that are
 * normally distributed make a straight line. The cross marks where both errors are equal. Martin et al. 1997, "The DET
 * curve in assessment of detection task performance".
 */
export interface DetPictureOptions {
  readonly title?: string;
  readonly size?: number;
}

const TICKS = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8];
const MARGIN = { left: 62, right: 18, top: 34, bottom: 48 };

export function detPicture(
  curve: DetCurve,
  { title = 'Detection error trade-off', size = 520 }: DetPictureOptions = {},
): string {
  // the axes begin where there is still something to see: half an error of the scarcer kind
  const least = Math.max(0.0001, Math.min(0.01, 0.5 / Math.max(curve.numOthers, curve.numTargets)));
  const [low, high] = [probit(least), probit(0.9)];
  const [width, height] = [size - MARGIN.left - MARGIN.right, size - MARGIN.top - MARGIN.bottom];
  const place = (rate: number): number =>
    (Math.min(high, Math.max(low, probit(Math.min(1, Math.max(0, rate))))) - low) / (high - low);
  const x = (rate: number): string => (MARGIN.left + place(rate) * width).toFixed(1);
  const y = (rate: number): string => (MARGIN.top + (1 - place(rate)) * height).toFixed(1);
  const [left, right, top, bottom] = [MARGIN.left, size - MARGIN.right, MARGIN.top, size - MARGIN.bottom];

  const grid = TICKS.filter((rate) => rate >= least).flatMap((rate) => [
    `<path class="grid" d="M${x(rate)} ${top}V${bottom}M${left} ${y(rate)}H${right}"/>`,
    `<text x="${x(rate)}" y="${bottom + 16}" text-anchor="middle">${percent(rate)}</text>`,
    `<text x="${left - 6}" y="${(Number(y(rate)) + 4).toFixed(1)}" text-anchor="end">${percent(rate)}</text>`,
  ]);
  const points = thinned(Array.from(curve.miss, (miss, i) => `${x(curve.falseAlarm[i])} ${y(miss)}`));
  const eer = curve.equalErrorRate;
  const [cx, cy] = [Number(x(eer)), Number(y(eer))];
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" width="${size}" height="${size}" role="img">`,
    `<title>${escapeHtml(title)}</title>`,
    '<style>svg{background:#fff}text{font:12px system-ui,sans-serif;fill:#333}.grid{stroke:#ddd;fill:none}' +
      '.curve{stroke:#0b61a4;stroke-width:2;fill:none}.equal{stroke:#c2410c;stroke-width:2}</style>',
    `<text x="${size / 2}" y="20" text-anchor="middle" font-weight="bold">${escapeHtml(title)}</text>`,
    ...grid,
    `<path class="curve" d="M${points.join('L')}"/>`,
    `<path class="equal" d="M${cx - 5} ${cy - 5}l10 10m0 -10l-10 10"/>`,
    `<text x="${cx + 9}" y="${cy - 7}">EER ${(100 * eer).toFixed(2)} %</text>`,
    `<text x="${(left + right) / 2}" y="${size - 10}" text-anchor="middle">false alarms, % of ${curve.numOthers} trials</text>`,
    `<text transform="translate(16 ${(top + bottom) / 2}) rotate(-90)" text-anchor="middle">misses, % of ${curve.numTargets} trials</text>`,
    '</svg>',
  ].join('\n')}\n`;
}

/** Points that are drawn on the same tenth of a pixel as the one before say nothing new. */
function thinned(points: readonly string[]): string[] {
  return points.filter((point, i) => i === 0 || point !== points[i - 1]);
}

function percent(rate: number): string {
  return String(Number((100 * rate).toPrecision(3)));
}
