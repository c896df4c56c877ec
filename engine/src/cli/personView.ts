import { airtime } from '../core/airtime.ts';
import { annotation } from '../core/annotation.ts';
import type { Seconds } from '../core/segment.ts';
import { drawAirtime } from '../draw/terminalAirtime.ts';
import { clock, columns, drawTimeline, pad, printable } from '../draw/terminalTimeline.ts';
import type { TextAnnotation } from '../formats/index.ts';
import { type Colours, speakerPaint } from './colours.ts';

/** What a person sees: the turns, then who spoke when at a glance and how much, which stay in view on a terminal. */
export interface ViewOptions {
  readonly title: string;
  readonly duration: Seconds;
  readonly colours: Colours;
  readonly width: number;
}

export function personView(
  { turns }: Pick<TextAnnotation, 'turns'>,
  { title, duration, colours, width }: ViewOptions,
): string {
  const speakers = inOrderOfAppearance(turns);
  const paint = speakerPaint(colours);
  const heading = `${colours.bold(printable(title))}  ${clock(duration)}, ${count(speakers.length, 'speaker')}, ${count(turns.length, 'turn')}`;
  if (turns.length === 0) return `${heading}\nNobody speaks.\n`;
  const decimals = 2;
  const timeWidth = clock(duration, { decimals }).length;
  const names = speakers.map(printable);
  const nameWidth = names.reduce((longest, name) => Math.max(longest, columns(name)), 0);
  const lines = turns.map(({ start, end, speaker }) => {
    const at = speakers.indexOf(speaker);
    const times = [start, end].map((time) => clock(time, { decimals }).padStart(timeWidth));
    const seconds = `${(end - start).toFixed(2).padStart(7)} s`;
    return `${times.join(' – ')}  ${paint(pad(names[at], nameWidth), at)}${colours.dim(seconds)}`;
  });
  const table = drawAirtime(airtime(annotation(turns), { duration }), { width, order: speakers, paint });
  const lanes = drawTimeline(turns, speakers, duration, { width, paint });
  return `${lines.join('\n')}\n\n${heading}\n\n${lanes}\n\n${table}\n`;
}

function inOrderOfAppearance(turns: TextAnnotation['turns']): string[] {
  return [...new Set(turns.map(({ speaker }) => speaker))];
}

export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}
