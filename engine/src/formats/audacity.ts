import { FormatError } from '../core/errors.ts';
import { forEachLine, parseSeconds, type ReadOptions, recordingName } from './lines.ts';
import { oneLine, prefixName, splitLabel } from './prefix.ts';
import { Gathering, inOrder, type TextAnnotation } from './turns.ts';

/**
 * Audacity's label track: start, end and label between tabs, in seconds. The label is the speaker, or `Speaker: text`.
 * Lines that start with a backslash hold the frequencies of a selection; old versions write a decimal comma. A label
 * at a point in time has no length, so it is no turn.
 */
export function parseAudacity(text: string, options: ReadOptions = {}): TextAnnotation {
  const uri = recordingName(options);
  const gathering = new Gathering();
  gathering.open(uri);
  forEachLine(text, options, (line, at) => {
    if (line.startsWith('\\')) return;
    const fields = line.split('\t');
    if (fields.length < 2)
      throw new FormatError('got no tab when a label line has start, end and label between tabs', at);
    const start = parseSeconds(fields[0].replace(',', '.').trim(), 'start', at);
    const end = parseSeconds(fields[1].replace(',', '.').trim(), 'end', at);
    gathering.add(uri, start, end, splitLabel(fields.slice(2).join('\t')), at);
  });
  return gathering.annotations()[0];
}

/** One recording as Audacity labels, in microseconds as Audacity writes them. */
export function writeAudacity({ turns }: TextAnnotation): string {
  return inOrder(turns)
    .map(({ start, end, speaker, text }) => {
      const label = text ? `${prefixName(speaker)}: ${oneLine(text)}` : prefixName(speaker);
      return `${start.toFixed(6)}\t${end.toFixed(6)}\t${label.replaceAll('\t', ' ')}\n`;
    })
    .join('');
}
