import type { DiarizeEvent, Stage } from '../diarize/options.ts';
import { clock, columns, printable } from '../draw/terminalTimeline.ts';
import type { Colours } from './colours.ts';

/**
 * What is going on, on standard error: on a terminal one line that is drawn over itself, with the stage, per cent and
 * time left; elsewhere a line at each quarter of what takes long, and one at the end of each recording.
 */
export interface ProgressOptions {
  readonly kind: 'bar' | 'lines' | 'none';
  readonly numRecordings: number;
  readonly colours: Colours;
  readonly write?: (text: string) => void;
  /** Characters a line. */
  readonly width?: () => number;
  readonly now?: () => number;
}

export interface Progress {
  /** Says what happens outside of a recording's stages: loading, downloading; after its name where there is one. */
  status(text: string, name?: string): void;
  begin(label: string): Track;
  /** Takes the line away, so that something else can be written. */
  clear(): void;
}

/** One recording on its way. */
export interface Track {
  observe(event: DiarizeEvent): void;
  /** `summary` follows the recording's name. */
  end(summary: string | undefined): void;
  readonly elapsedMs: number;
}

/** What stands on the line, from left to right. `force`: where the stage changes and nothing may be heard for a while. */
interface Line {
  readonly before?: string;
  readonly name?: string;
  readonly bar?: string;
  readonly after: string;
  readonly force: boolean;
}

/** How the work is spread: pooling voices takes about twice what finding them takes. */
const SEGMENTATION_SHARE = 0.33;
const REDRAW_MS = 100;
const BAR_WIDTH = 20;
/** Where a bar would leave a name fewer columns than these, there is no bar. */
const NAME_WIDTH = 16;
/** Shorter work gets no line between its begin and its end. */
const LONG_MS = 10_000;

export function createProgress({
  kind,
  numRecordings,
  colours,
  write = (text) => process.stderr.write(text),
  width = () => process.stderr.columns || 80,
  now = () => performance.now(),
}: ProgressOptions): Progress {
  let drawn = false;
  let drawnAt = Number.NEGATIVE_INFINITY;
  let ended = 0;

  function clear(): void {
    if (drawn) write('\r\x1b[K');
    drawn = false;
  }

  /** What says how far it is stays on the line; the name of the recording gives way, and a bar that leaves it no room. */
  function draw({ before = '', name = '', bar = '', after, force }: Line): void {
    if (kind !== 'bar' || (!force && now() - drawnAt < REDRAW_MS)) return;
    const most = Math.max(20, width() - 1);
    const label = printable(name);
    const room = most - columns(before) - columns(after);
    const shown = room - columns(bar) >= Math.min(columns(label), NAME_WIDTH) ? bar : '';
    const text = before + lastOf(label, room - columns(shown)) + shown + after;
    drawnAt = now();
    drawn = true;
    write(`\r\x1b[K${colours.dim(firstOf(text, most))}`);
  }

  return {
    status: (after, name) => draw({ name, after, force: true }),
    clear,
    begin(label) {
      const began = now();
      const fraction: Record<Stage, number> = { segmentation: 0, embedding: 0, clustering: 0, reconstruction: 0 };
      let stage: Stage | undefined;
      let quarter = 0;
      draw({ name: label, after: '  reading', force: true });
      return {
        get elapsedMs() {
          return now() - began;
        },
        observe(event) {
          if (event.type !== 'progress') return;
          const { done, total } = event;
          if (total !== undefined && total > 0) fraction[event.stage] = Math.min(1, done / total);
          // Of several channels, one is clustered before the next is heard.
          const heard = fraction.embedding === 0 || fraction.embedding === 1;
          const late = heard && (event.stage === 'clustering' || event.stage === 'reconstruction');
          const current = late ? event.stage : fraction.segmentation < 1 ? 'segmentation' : 'embedding';
          const changed = current !== stage;
          stage = current;
          const elapsed = now() - began;
          const all = late
            ? 0.99
            : SEGMENTATION_SHARE * fraction.segmentation + (0.99 - SEGMENTATION_SHARE) * fraction.embedding;
          const line = {
            before: numRecordings > 1 ? `[${ended + 1}/${numRecordings}] ` : '',
            name: label,
            force: changed,
          };
          if (total === undefined) {
            draw({ ...line, after: `  ${stage}  ${clock(done)} heard` });
            return;
          }
          draw({ ...line, bar: `  ${bar(all)}`, after: ` ${percent(all)}  ${stage}${timeLeft(all, elapsed)}` });
          const passed = Math.floor(all * 4);
          if (kind !== 'lines' || passed <= quarter) return;
          quarter = passed;
          if (elapsed > LONG_MS)
            write(`${printable(label)}: ${percent(all).trim()}, ${stage}${timeLeft(all, elapsed)}\n`);
        },
        end(summary) {
          ended++;
          clear();
          if (kind !== 'none' && summary !== undefined) write(`${colours.dim(`${printable(label)}: ${summary}`)}\n`);
        },
      };
    },
  };
}

/** As much of the end of a name as fits: of a path it tells more than the beginning. */
function lastOf(text: string, width: number): string {
  if (columns(text) <= width) return text;
  const characters = [...text];
  while (characters.length > 0 && columns(characters.join('')) >= width) characters.shift();
  return width > 0 ? `…${characters.join('')}` : '';
}

function firstOf(text: string, width: number): string {
  if (columns(text) <= width) return text;
  const characters = [...text];
  while (columns(characters.join('')) >= width) characters.pop();
  return `${characters.join('')}…`;
}

/** For what is done before a recording's stages, in seconds: says each per cent once. */
export function percentStatus(
  progress: Pick<Progress, 'status'>,
  what: string,
): (done: number, total?: number) => void {
  let told = -1;
  return (done, total = 0) => {
    const now = total > 0 ? Math.min(100, Math.floor((100 * done) / total)) : 0;
    if (now !== told) progress.status(`${what}  ${(told = now)} %`);
  };
}

function bar(fraction: number): string {
  const filled = Math.round(fraction * BAR_WIDTH);
  return `${'━'.repeat(filled)}${'╌'.repeat(BAR_WIDTH - filled)}`;
}

function percent(fraction: number): string {
  return `${String(Math.floor(fraction * 100)).padStart(3)} %`;
}

/** Known after the first few per cent. */
function timeLeft(fraction: number, elapsedMs: number): string {
  if (fraction < 0.03 || fraction >= 0.99 || elapsedMs < 1000) return '';
  return `, ${clock((elapsedMs / 1000) * (1 / fraction - 1))} left`;
}
