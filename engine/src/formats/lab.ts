import type { Annotation } from '../core/annotation.ts';
import { FormatError } from '../core/errors.ts';
import { isEmpty } from '../core/segment.ts';
import { fixed3 } from './fixed.ts';
import { forEachLine, isComment, parseSeconds, type ReadOptions, recordingName } from './lines.ts';
import { Gathering, inOrder, type TextAnnotation, withoutBlanks } from './turns.ts';

/**
 * LAB: `start end label` in seconds, one recording a file. Written like pyannote.core 6.1 `Annotation.to_lab`, read
 * like pyannote.database 6 `load_lab`; a label may hold blanks. HTK's label files look the same but count in 100 ns:
 * they are not recognised.
 */
export function parseLab(text: string, options: ReadOptions = {}): TextAnnotation {
  const uri = recordingName(options);
  const gathering = new Gathering();
  gathering.open(uri);
  forEachLine(text, options, (line, at) => {
    if (isComment(line)) return;
    const match = /^(\S+)[ \t]+(\S+)[ \t]+(.+)$/.exec(line);
    if (!match) throw new FormatError('got fewer than 3 fields when a LAB line has start, end and label', at);
    const start = parseSeconds(match[1], 'start', at);
    gathering.add(uri, start, parseSeconds(match[2], 'end', at), { speaker: match[3] }, at);
  });
  return gathering.annotations()[0];
}

/** One recording as LAB. */
export function writeLab({ turns }: Annotation): string {
  return inOrder(turns)
    .filter((turn) => !isEmpty(turn))
    .map(({ start, end, speaker }) => `${fixed3(start)} ${fixed3(end)} ${withoutBlanks(speaker)}\n`)
    .join('');
}
