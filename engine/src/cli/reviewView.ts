import { leastSure } from '../diarize/confidence.ts';
import { clock, columns, pad, printable } from '../draw/terminalTimeline.ts';
import { type Colours, speakerPaint } from './colours.ts';
import { count } from './personView.ts';
import type { ResultDocument } from './resultDocument.ts';

/**
 * The turns that a reviewer should hear first: the least sure ones, with how sure they are.
 *
 *      38 %  0:12.34 – 0:13.01  SPEAKER_02
 */
export interface ReviewOptions {
  readonly title: string;
  readonly most: number;
  readonly colours: Colours;
}

export function reviewView(
  { turns, duration = 0 }: Pick<ResultDocument, 'turns' | 'duration'>,
  { title, most, colours }: ReviewOptions,
): string {
  const shown = leastSure(turns).slice(0, most);
  const speakers = [...new Set(turns.map(({ speaker }) => speaker))];
  const paint = speakerPaint(colours);
  const decimals = 2;
  const timeWidth = clock(duration, { decimals }).length;
  const nameWidth = speakers.reduce((longest, name) => Math.max(longest, columns(printable(name))), 0);
  const lines = shown.map(({ start, end, speaker, confidence = 1 }) => {
    const times = [start, end].map((time) => clock(time, { decimals }).padStart(timeWidth));
    const name = paint(pad(printable(speaker), nameWidth), speakers.indexOf(speaker));
    return `${String(Math.round(100 * confidence)).padStart(4)} %  ${times.join(' – ')}  ${name}`.trimEnd();
  });
  const heading = `${colours.bold(printable(title))}  the ${shown.length} least sure of ${count(turns.length, 'turn')}`;
  return `${[heading, ...lines].join('\n')}\n`;
}
