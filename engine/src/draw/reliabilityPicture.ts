import { escapeHtml } from './escape.ts';

/**
 * A reliability diagram as SVG: how often scores were right over how high they were, a panel a kind of score. On the
 * diagonal a score of 80 is right 80 times in 100; below it, scores are too sure. The dashed line is what the scores were
 * before calibration. A disc's area grows with how much was scored so.
 */
export interface ReliabilityPanel {
  readonly title: string;
  readonly before: readonly ReliabilityPoint[];
  readonly kinds: readonly { readonly name: string; readonly bins: readonly ReliabilityPoint[] }[];
}

/** Mean score, how often that was right, and how much there was of it. */
export interface ReliabilityPoint {
  readonly score: number;
  readonly outcome: number;
  readonly weight: number;
}

const SIDE = 250;
const GAP = 60;
const TOP = 64;
const LEFT = 54;
const BOTTOM = 84;
const COLOURS = ['#0b61a4', '#c2410c', '#0f766e', '#7c3aed'];

export function reliabilityPicture(panels: readonly ReliabilityPanel[], { title }: { readonly title: string }): string {
  const width = LEFT + panels.length * (SIDE + GAP);
  const height = TOP + SIDE + BOTTOM;
  const names = panels[0]?.kinds.map(({ name }) => name) ?? [];
  const legend = names.map(
    (name, i) =>
      `<circle cx="${LEFT + 6 + i * 170}" cy="${height - 16}" r="5" fill="${COLOURS[i % COLOURS.length]}"/>` +
      `<text x="${LEFT + 18 + i * 170}" y="${height - 12}">${escapeHtml(name)}</text>`,
  );
  const dashAt = LEFT + names.length * 170;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escapeHtml(title)}</title>`,
    '<style>svg{background:#fff}text{font:12px system-ui,sans-serif;fill:#333}.grid{stroke:#e2e2e2;fill:none}' +
      '.ideal{stroke:#999;fill:none}.before{stroke:#999;stroke-dasharray:4 4;fill:none}.line{fill:none;stroke-width:1.5}</style>',
    `<text x="${LEFT}" y="24" font-weight="bold">${escapeHtml(title)}</text>`,
    ...panels.map((panel, i) => draw(panel, LEFT + i * (SIDE + GAP))),
    ...legend,
    `<path class="before" d="M${dashAt} ${height - 16}h26"/><text x="${dashAt + 32}" y="${height - 12}">before calibration, all</text>`,
    '</svg>',
  ].join('\n')}\n`;
}

function draw({ title, before, kinds }: ReliabilityPanel, left: number): string {
  const x = (score: number): string => (left + score * SIDE).toFixed(1);
  const y = (outcome: number): string => (TOP + (1 - outcome) * SIDE).toFixed(1);
  const line = (points: readonly ReliabilityPoint[]): string =>
    points.map(({ score, outcome }, i) => `${i === 0 ? 'M' : 'L'}${x(score)} ${y(outcome)}`).join('');
  const ticks = [0, 0.25, 0.5, 0.75, 1].flatMap((tick) => [
    `<path class="grid" d="M${x(tick)} ${TOP}v${SIDE}M${left} ${y(tick)}h${SIDE}"/>`,
    `<text x="${x(tick)}" y="${TOP + SIDE + 16}" text-anchor="middle">${100 * tick}</text>`,
    `<text x="${left - 6}" y="${(Number(y(tick)) + 4).toFixed(1)}" text-anchor="end">${100 * tick}</text>`,
  ]);
  const curves = kinds.map(({ bins }, i) => {
    const colour = COLOURS[i % COLOURS.length];
    const total = bins.reduce((sum, { weight }) => sum + weight, 0);
    const discs = bins.map(({ score, outcome, weight }) => {
      const radius = (2 + 14 * Math.sqrt(weight / total)).toFixed(1);
      return `<circle cx="${x(score)}" cy="${y(outcome)}" r="${radius}" fill="${colour}" fill-opacity="0.45"/>`;
    });
    return `<path class="line" stroke="${colour}" d="${line(bins)}"/>${discs.join('')}`;
  });
  return [
    `<text x="${left + SIDE / 2}" y="${TOP - 12}" text-anchor="middle" font-weight="bold">${escapeHtml(title)}</text>`,
    ...ticks,
    `<path class="ideal" d="M${left} ${TOP + SIDE}L${left + SIDE} ${TOP}"/>`,
    `<path class="before" d="${line(before)}"/>`,
    ...curves,
    `<text x="${left + SIDE / 2}" y="${TOP + SIDE + 34}" text-anchor="middle">score</text>`,
    `<text transform="translate(${left - 34} ${TOP + SIDE / 2}) rotate(-90)" text-anchor="middle">right, %</text>`,
  ].join('\n');
}
