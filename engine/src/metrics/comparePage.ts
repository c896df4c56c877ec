import type { Annotation } from '../core/annotation.ts';
import type { Seconds } from '../core/segment.ts';
import { escapeHtml } from '../draw/escape.ts';
import { PAGE_SCRIPT, PAGE_STYLE } from './comparePageAssets.ts';
import { der, type ErrorName } from './der.ts';
import { type ErrorKind, type ErrorSpan, errorSpans } from './errorSpans.ts';
import { evaluate, type ScoringOptions } from './evaluated.ts';
import { gaps, type Intervals } from './intervals.ts';
import { type Components, sumComponents } from './metric.ts';

/**
 * One HTML page, complete in itself, that shows where hypotheses differ from a reference: a lane for each speaker, the
 * lanes of each hypothesis in the order of the reference speakers they are mapped to, errors coloured and patterned by
 * kind, totals, and all errors as a table for those who read rather than look. Names are escaped wherever they appear.
 */
export interface Comparison {
  readonly uri: string;
  readonly reference: Annotation;
  /** One for each of the page's hypotheses. */
  readonly hypotheses: readonly Annotation[];
  readonly options?: ScoringOptions;
}

export interface PageOptions {
  readonly title?: string;
}

/** What is known of one hypothesis in one recording. */
interface Side {
  readonly name: string;
  readonly annotation: Annotation;
  readonly spans: readonly ErrorSpan[];
  readonly mapping: ReadonlyMap<string, string>;
  readonly components: Components<ErrorName>;
}

interface Bar {
  readonly className: string;
  readonly start: Seconds;
  readonly end: Seconds;
  readonly title: string;
}

interface Lane {
  readonly name: string;
  readonly isHeading: boolean;
  readonly bars: readonly Bar[];
}

const KINDS: readonly { readonly kind: ErrorKind; readonly className: string }[] = [
  { kind: 'miss', className: 'miss' },
  { kind: 'false alarm', className: 'false-alarm' },
  { kind: 'confusion', className: 'confusion' },
];

const LANE_HEIGHT = 24;

export function comparePage(
  comparisons: readonly Comparison[],
  hypothesisNames: readonly string[],
  { title = 'Diarization compared with a reference' }: PageOptions = {},
): string {
  if (hypothesisNames.length === 0) throw new RangeError('Got no hypotheses to compare with the reference.');
  for (const { uri, hypotheses } of comparisons)
    if (hypotheses.length !== hypothesisNames.length)
      throw new RangeError(
        `Got ${hypotheses.length} hypotheses of ${uri} when one was expected for each of ${hypothesisNames.join(', ')}.`,
      );
  const sections: string[] = [];
  const components: Components<ErrorName>[][] = hypothesisNames.map(() => []);
  comparisons.forEach(({ uri, reference, hypotheses, options = {} }, number) => {
    const files = hypotheses.map((hypothesis) => evaluate(reference, hypothesis, options));
    const sides = files.map((file, index): Side => {
      const measured = der.measure(file);
      components[index].push(measured);
      return { name: hypothesisNames[index], annotation: hypotheses[index], ...errorSpans(file), components: measured };
    });
    const [from, to] = extentOf([reference, ...hypotheses]);
    // Without a UEM each hypothesis is scored up to its own end: only what is taken out between is shaded.
    const within = options.uem ? { starts: Float64Array.of(from), ends: Float64Array.of(to) } : files[0].uem;
    const unscored = gaps(files[0].region, within);
    sections.push(section(uri, reference, sides, unscored, number, comparisons.length > 1));
  });
  const totals = hypothesisNames.map((name, index) => ({ name, components: sumComponents(der, components[index]) }));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${PAGE_STYLE}</style>
</head>
<body>
<main>
<h1>${escapeHtml(title)}</h1>
${totalsTable(`Totals, ${comparisons.length} ${comparisons.length === 1 ? 'recording' : 'recordings'}`, totals)}
${legend()}
<p class="keys">In a timeline: <kbd>+</kbd> and <kbd>−</kbd> zoom, <kbd>0</kbd> shows all, <kbd>←</kbd> <kbd>→</kbd> move, <kbd>n</kbd> and <kbd>p</kbd> go to the next and the previous error.</p>
${sections.join('\n')}
<p id="announcer" role="status" aria-live="polite"></p>
</main>
<script>${PAGE_SCRIPT}</script>
</body>
</html>
`;
}

function legend(): string {
  const boxes = KINDS.map(
    ({ kind, className }) =>
      `<label><input type="checkbox" checked data-kind="${className}"> <svg class="swatch" aria-hidden="true"><rect class="${className}" width="28" height="14"/></svg> ${kind}</label>`,
  );
  return `<fieldset class="legend"><legend>Show</legend>${PATTERNS}
<span><svg class="swatch" aria-hidden="true"><rect class="turn" width="28" height="14"/></svg> turn</span>
${boxes.join('\n')}
<span><svg class="swatch" aria-hidden="true"><rect class="unscored" width="28" height="14"/></svg> not scored</span>
</fieldset>`;
}

/** Stripes lie along the time, so that zooming doesn't stretch them. */
const PATTERNS = `<svg width="0" height="0" aria-hidden="true" class="patterns"><defs>
<pattern id="striped" width="1" height="5" patternUnits="userSpaceOnUse"><rect width="1" height="5" class="miss-ground"/><rect width="1" height="3" class="miss-ink"/></pattern>
</defs></svg>`;

function totalsTable(caption: string, rows: readonly { name: string; components: Components<ErrorName> }[]): string {
  const body = rows.map(({ name, components }) => {
    const cell = (seconds: number): string => {
      const share = components['total'] > 0 ? ` (${(100 * (seconds / components['total'])).toFixed(1)} %)` : '';
      return `<td>${seconds.toFixed(2)} s${share}</td>`;
    };
    return `<tr><th scope="row">${escapeHtml(name)}</th><td><strong>${(100 * der.rate(components)).toFixed(2)} %</strong></td>${cell(components['missedDetection'])}${cell(components['falseAlarm'])}${cell(components['confusion'])}<td>${components['total'].toFixed(2)} s</td></tr>`;
  });
  return `<table class="totals"><caption>${escapeHtml(caption)}</caption>
<thead><tr><th scope="col">Hypothesis</th><th scope="col">DER</th><th scope="col">Missed</th><th scope="col">False alarm</th><th scope="col">Confusion</th><th scope="col">Reference speech</th></tr></thead>
<tbody>${body.join('\n')}</tbody></table>`;
}

function section(
  uri: string,
  reference: Annotation,
  sides: readonly Side[],
  unscored: Intervals,
  number: number,
  withTotals: boolean,
): string {
  const speakers = speakersOf(reference);
  const lanes = [...referenceLanes(reference, speakers), ...sides.flatMap((side) => hypothesisLanes(side, speakers))];
  const [from, to] = extentOf([reference, ...sides.map(({ annotation }) => annotation)]);
  const id = `recording-${number}`;
  return `<section aria-labelledby="${id}">
<h2 id="${id}">${escapeHtml(uri)}</h2>
${withTotals ? totalsTable('Errors', sides) : ''}
<div class="tools" role="group" aria-label="Timeline of ${escapeHtml(uri)}">
<button type="button" data-do="in">Zoom in</button> <button type="button" data-do="out">Zoom out</button> <button type="button" data-do="all">Show all</button>
<button type="button" data-do="previous">Previous error</button> <button type="button" data-do="next">Next error</button>
</div>
<div class="timeline" data-from="${from}" data-to="${to}">
<div class="names" aria-hidden="true"><div class="axis-space"></div>${lanes.map(laneName).join('')}</div>
<div class="scroll" tabindex="0" role="region" aria-label="Timelines of ${escapeHtml(uri)}; the same errors are in the table below">
<div class="stretch"><div class="axis" aria-hidden="true"></div>
${drawing(lanes, from, to, unscored)}
</div></div></div>
${errorTable(sides)}
</section>`;
}

function laneName({ name, isHeading }: Lane): string {
  return `<div class="${isHeading ? 'lane heading' : 'lane'}" title="${escapeHtml(name)}">${escapeHtml(name)}</div>`;
}

function drawing(lanes: readonly Lane[], from: Seconds, to: Seconds, unscored: Intervals): string {
  const width = Math.max(to - from, 1e-3);
  const height = lanes.length * LANE_HEIGHT;
  const parts: string[] = [];
  for (let i = 0; i < unscored.starts.length; i++) {
    parts.push(rect('unscored', unscored.starts[i] - from, unscored.ends[i] - unscored.starts[i], 0, height));
  }
  lanes.forEach(({ bars }, at) => {
    for (const { className, start, end, title } of bars) {
      const inset = className === 'turn' ? 4 : 7;
      const box = rect(className, start - from, end - start, at * LANE_HEIGHT + inset, LANE_HEIGHT - 2 * inset, title);
      parts.push(box);
    }
  });
  return `<svg viewBox="0 0 ${short(width)} ${height}" preserveAspectRatio="none" height="${height}" aria-hidden="true">${parts.join('')}</svg>`;
}

function rect(className: string, x: number, width: number, y: number, height: number, title?: string): string {
  const box = `<rect class="${className}" x="${short(x)}" y="${y}" width="${short(width)}" height="${height}"`;
  return title === undefined ? `${box}/>` : `${box}><title>${escapeHtml(title)}</title></rect>`;
}

function referenceLanes(reference: Annotation, speakers: readonly string[]): Lane[] {
  return [
    { name: 'Reference', isHeading: true, bars: [] },
    ...speakers.map((speaker) => ({ name: speaker, isHeading: false, bars: turnBars(reference, speaker, speaker) })),
  ];
}

/** Mapped speakers lie where the reference has theirs; a miss is drawn in the lane of who is missed. */
function hypothesisLanes({ name, annotation, spans, mapping }: Side, speakers: readonly string[]): Lane[] {
  const partner = new Map([...mapping].map(([own, reference]) => [reference, own]));
  const lone = speakersOf(annotation).filter((own) => !mapping.has(own));
  const lane = (title: string, reference: string | undefined, own: string | undefined): Lane => ({
    name: title,
    isHeading: false,
    bars: [
      ...(own === undefined ? [] : turnBars(annotation, own, title)),
      ...spans
        .filter((span) => (span.kind === 'miss' ? span.reference === reference : span.hypothesis === own))
        .filter((span) => (span.kind === 'miss' ? reference !== undefined : own !== undefined))
        .map((span) => ({
          className: classOf(span.kind),
          start: span.start,
          end: span.end,
          title: `${sentence(span)}, ${clock(span.start)}–${clock(span.end)}`,
        })),
    ],
  });
  return [
    { name, isHeading: true, bars: [] },
    ...speakers.map((speaker) => {
      const own = partner.get(speaker);
      return lane(own === undefined ? `(nobody) = ${speaker}` : `${own} = ${speaker}`, speaker, own);
    }),
    ...lone.map((own) => lane(`${own} (nobody)`, undefined, own)),
  ];
}

function turnBars({ turns }: Annotation, speaker: string, name: string): Bar[] {
  return turns
    .filter((turn) => turn.speaker === speaker)
    .map(({ start, end }) => ({ className: 'turn', start, end, title: `${name}, ${clock(start)}–${clock(end)}` }));
}

function errorTable(sides: readonly Side[]): string {
  const rows = sides
    .flatMap(({ name, spans }) => spans.map((span) => ({ name, span })))
    .sort((a, b) => a.span.start - b.span.start);
  const body = rows.map(
    ({ name, span }) =>
      `<tr data-start="${short(span.start)}" data-end="${short(span.end)}" data-kind="${classOf(span.kind)}"><td><button type="button" data-do="go">${clock(span.start)}</button></td><td>${clock(span.end)}</td><td>${(span.end - span.start).toFixed(3)}</td><td>${escapeHtml(name)}</td><td>${span.kind}</td><td>${escapeHtml(span.reference ?? '')}</td><td>${escapeHtml(span.hypothesis ?? '')}</td></tr>`,
  );
  return `<details><summary>All ${rows.length} errors as a table</summary>
<div class="errors" tabindex="0" role="region" aria-label="Table of errors"><table><thead><tr><th scope="col">Start</th><th scope="col">End</th><th scope="col">Seconds</th><th scope="col">Hypothesis</th><th scope="col">Error</th><th scope="col">Reference speaker</th><th scope="col">Hypothesis speaker</th></tr></thead>
<tbody>${body.join('\n')}</tbody></table></div></details>`;
}

function sentence({ kind, reference, hypothesis }: ErrorSpan): string {
  if (kind === 'miss') return `${reference} is missed`;
  if (kind === 'false alarm') return `${hypothesis} is a false alarm`;
  return `${reference} is taken for ${hypothesis}`;
}

function classOf(kind: ErrorKind): string {
  return kind === 'false alarm' ? 'false-alarm' : kind;
}

function speakersOf({ turns }: Annotation): string[] {
  return [...new Set(turns.map(({ speaker }) => speaker))].sort();
}

function extentOf(annotations: readonly Annotation[]): [from: Seconds, to: Seconds] {
  let from = 0;
  let to = 1;
  for (const { turns } of annotations) {
    for (const { start, end } of turns) {
      if (start < from) from = start;
      if (end > to) to = end;
    }
  }
  return [from, to];
}

/** 3723.5 → 1:02:03.500 */
function clock(time: Seconds): string {
  const thousandths = Math.round(Math.abs(time) * 1000);
  const pad = (number: number, digits: number): string => String(number).padStart(digits, '0');
  const hours = Math.floor(thousandths / 3_600_000);
  const minutes = Math.floor(thousandths / 60_000) % 60;
  const rest = `${pad(Math.floor(thousandths / 1000) % 60, 2)}.${pad(thousandths % 1000, 3)}`;
  return `${time < 0 ? '−' : ''}${hours > 0 ? `${hours}:${pad(minutes, 2)}` : minutes}:${rest}`;
}

function short(number: number): string {
  return String(Math.round(number * 1e4) / 1e4);
}
