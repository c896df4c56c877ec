import { escapeHtml } from '../../draw/escape.ts';
import type { Curve } from './curves.ts';
import { CURVES_NOTE, type ReportContext, type ReportTable, reportTables, text } from './reportMarkdown.ts';
import { type Dimension, toUnit } from './space.ts';
import type { Tuned } from './tune.ts';
import { shownRate, verdict } from './verdict.ts';

/**
 * A tuning run as one page that needs no network: the tables of the Markdown report, the curve of each parameter with
 * every trial as a dot behind it, and how the search went down.
 */
export function tuningPage(tuned: Tuned, context: ReportContext): string {
  const curves = tuned.curves.map((curve, i) => curvePicture(tuned, curve, tuned.space[i]));
  return [
    '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Tuning</title>\n',
    '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
    `<style>\n${STYLE}</style>\n</head>\n<body>\n<h1>Tuning</h1>\n`,
    `<p class="verdict">${escapeHtml(verdict(tuned))}</p>\n`,
    `<ul>${context.facts.map((fact) => `<li>${escapeHtml(fact)}</li>`).join('')}</ul>\n`,
    ...reportTables(tuned, context).map(htmlTable),
    `<h2>Curves</h2>\n<p>${escapeHtml(CURVES_NOTE)} Dots are trials of the search.</p>\n<div class="curves">\n`,
    ...curves,
    `${searchPicture(tuned)}</div>\n</body>\n</html>\n`,
  ].join('');
}

const STYLE = `body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; background: #fff; }
.verdict { font-size: 1.15rem; }
table { border-collapse: collapse; }
th, td { text-align: left; padding: .25rem .75rem; border-bottom: 1px solid #ccc; }
.curves { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { margin: 0; }
figcaption { font-weight: 600; }
svg text { font: 11px system-ui, sans-serif; fill: currentColor; }
svg .line { fill: none; stroke: #0b62c4; stroke-width: 2; }
svg .trial { fill: #777; fill-opacity: .45; }
svg .own { stroke: #b35900; stroke-dasharray: 4 3; }
svg .best { fill: #0b62c4; }
svg .axis { stroke: currentColor; }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #161616; } svg .line { stroke: #7ab8ff; } svg .best { fill: #7ab8ff; } svg .own { stroke: #ffb366; } svg .trial { fill: #bbb; } }
`;

function htmlTable({ title, rows: [head, ...rows] }: ReportTable): string {
  const cells = (tag: string, row: readonly string[]): string =>
    `<tr>${row.map((cell) => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<h2>${escapeHtml(title)}</h2>\n<table><thead>${cells('th', head)}</thead><tbody>${rows.map((row) => cells('td', row)).join('\n')}</tbody></table>\n`;
}

const WIDTH = 440;
const HEIGHT = 240;
const LEFT = 62;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 34;

function curvePicture(tuned: Tuned, { name, points }: Curve, dimension: Dimension): string {
  const losses = points.map(({ loss }) => loss);
  const shown = tuned.trials.filter(({ loss }) => loss <= worstShown(losses));
  const scale = scaleOf([...losses, ...shown.map(({ loss }) => loss), tuned.before]);
  const x = (unit: number): string => (LEFT + unit * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const at = (value: Curve['points'][number]['value']): string => x(toUnit(dimension, value));
  const line = points.map(({ value, loss }) => `${at(value)},${scale.y(loss)}`).join(' ');
  const ends = [points[0], points[points.length - 1]].map(({ value }) => text(value));
  const dots = shown.map(
    ({ point, loss }) => `<circle class="trial" cx="${at(point[name])}" cy="${scale.y(loss)}" r="2"/>`,
  );
  const own = at(tuned.start[name]);
  const best = `<circle class="best" cx="${at(tuned.best[name])}" cy="${scale.y(tuned.after)}" r="4"/>`;
  return picture(
    name,
    `${tuned.metric.name} against ${name}: lowest at ${text(tuned.best[name])}`,
    [
      axes(tuned, scale, ends),
      `<line class="own" x1="${own}" x2="${own}" y1="${TOP}" y2="${HEIGHT - BOTTOM}"/><text x="${own}" y="${TOP + 8}" dx="3">the model's</text>`,
      ...dots,
      `<polyline class="line" points="${line}"/>`,
      best,
    ].join(''),
  );
}

/** The best so far, trial by trial. */
function searchPicture(tuned: Tuned): string {
  let least = Number.POSITIVE_INFINITY;
  const best = tuned.trials.map(({ loss }) => (least = Math.min(least, loss)));
  const scale = scaleOf(best);
  const x = (i: number): string => (LEFT + (i / Math.max(1, best.length - 1)) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const line = best.map((loss, i) => `${x(i)},${scale.y(loss)}`).join(' ');
  return picture(
    'The search: best so far',
    `The best ${tuned.metric.name} so far, over ${best.length} trials`,
    `${axes(tuned, scale, ['trial 1', `trial ${best.length}`])}<polyline class="line" points="${line}"/>`,
  );
}

/** Far trials would flatten the curve: dots above it by more than its height are left out. */
function worstShown(losses: readonly number[]): number {
  const [low, high] = [Math.min(...losses), Math.max(...losses)];
  return high + (high - low);
}

interface Scale {
  readonly low: number;
  readonly high: number;
  readonly y: (loss: number) => string;
}

function scaleOf(losses: readonly number[]): Scale {
  const low = Math.min(...losses);
  const high = Math.max(...losses);
  const span = high > low ? high - low : 1;
  const y = (loss: number): string =>
    (HEIGHT - BOTTOM - 6 - ((loss - low) / span) * (HEIGHT - TOP - BOTTOM - 12)).toFixed(1);
  return { low, high, y };
}

function axes({ metric }: Tuned, { low, high, y }: Scale, [first, last]: readonly string[]): string {
  const bottom = HEIGHT - BOTTOM;
  const label = (loss: number): string =>
    `<text x="${LEFT - 6}" y="${y(loss)}" dy="4" text-anchor="end">${shownRate(metric, loss)}</text>`;
  return [
    `<path class="axis" fill="none" d="M${LEFT} ${TOP}V${bottom}H${WIDTH - RIGHT}"/>`,
    label(low),
    high > low ? label(high) : '',
    `<text x="${LEFT}" y="${bottom + 16}">${escapeHtml(first)}</text>`,
    `<text x="${WIDTH - RIGHT}" y="${bottom + 16}" text-anchor="end">${escapeHtml(last)}</text>`,
  ].join('');
}

function picture(title: string, description: string, inner: string): string {
  return `<figure><figcaption>${escapeHtml(title)}</figcaption><svg role="img" aria-label="${escapeHtml(description)}" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}">${inner}</svg></figure>\n`;
}
