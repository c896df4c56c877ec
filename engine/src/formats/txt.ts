import { FormatError } from '../core/errors.ts';
import { formatCue, parseClock } from './clock.ts';
import { forEachLine, quote, type ReadOptions, recordingName } from './lines.ts';
import { oneLine, prefixName, splitLabel } from './prefix.ts';
import { Gathering, inOrder, type TextAnnotation } from './turns.ts';

/**
 * Text for people, a line a turn:
 *
 *     [00:00:05.120 - 00:00:07.300] SPEAKER_00
 *     [00:00:05.120 - 00:00:07.300] SPEAKER_00: Good morning.
 */
export function parseTxt(text: string, options: ReadOptions = {}): TextAnnotation {
  const uri = recordingName(options);
  const gathering = new Gathering();
  gathering.open(uri);
  forEachLine(text, options, (line, at) => {
    const match = /^\[?[ \t]*(\d[\d:.,]*)[ \t]*(?:-->|->|-|–)[ \t]*(\d[\d:.,]*)[ \t]*\]?(.*)$/s.exec(line);
    if (!match) {
      throw new FormatError(`got ${quote(line)} when a line like [00:00:05.120 - 00:00:07.300] NAME was expected`, at);
    }
    const start = parseClock(match[1], 'start', at);
    const end = parseClock(match[2], 'end', at);
    gathering.add(uri, start, end, splitLabel(match[3]), at);
  });
  return gathering.annotations()[0];
}

/** One recording as readable text. */
export function writeTxt({ turns }: TextAnnotation): string {
  return inOrder(turns)
    .map((turn) => {
      const [start, end] = formatCue(turn, '.');
      const name = prefixName(turn.speaker);
      return `[${start} - ${end}] ${turn.text ? `${name}: ${oneLine(turn.text)}` : name}\n`;
    })
    .join('');
}
