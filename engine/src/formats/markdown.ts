import { formatCue, formatWholeSeconds } from './clock.ts';
import { oneLine } from './prefix.ts';
import { inOrder, type TextAnnotation, type TextTurn } from './turns.ts';

/**
 * Markdown for people, written only: a transcript as one paragraph a turn, or, without text, a table of the turns.
 */
export function writeMarkdown({ uri, turns }: TextAnnotation): string {
  const title = `# ${escapeMarks(uri ?? 'Speakers')}\n\n`;
  const sorted = inOrder(turns);
  return title + (sorted.some((turn) => turn.text) ? paragraphs(sorted) : table(sorted));
}

function paragraphs(turns: readonly TextTurn[]): string {
  return turns
    .map(
      ({ start, speaker, text = '' }) =>
        `**${escapeMarks(speaker)}** (${formatWholeSeconds(start)}): ${escapeMarks(text)}`.trimEnd() + '\n',
    )
    .join('\n');
}

function table(turns: readonly TextTurn[]): string {
  const rows = turns.map((turn) => `| ${[...formatCue(turn, '.'), escapeMarks(turn.speaker)].join(' | ')} |\n`);
  return `| start | end | speaker |\n|---|---|---|\n${rows.join('')}`;
}

/** On one line, and nothing in it read as markup. An underscore within a word is none (CommonMark 6.2). */
function escapeMarks(text: string): string {
  return oneLine(text)
    .replace(/[\\`*[\]<>|#~&]/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_');
}
