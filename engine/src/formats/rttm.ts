import type { Annotation } from '../core/annotation.ts';
import { FormatError } from '../core/errors.ts';
import { duration, isEmpty, SEGMENT_PRECISION } from '../core/segment.ts';
import { fixed3 } from './fixed.ts';
import {
  forEachLine,
  isComment,
  isNumber,
  type Place,
  parseSeconds,
  quote,
  type ReadOptions,
  splitFields,
} from './lines.ts';
import { Gathering, inOrder, several, withoutBlanks } from './turns.ts';

/**
 * RTTM, the field's format for diarization (NIST, "RTTM file format specification", RT-09 evaluation plan, appendix A):
 *
 *     SPEAKER meeting 1 4.115 0.253 <NA> <NA> SPEAKER_00 <NA> <NA>
 *     type    file  channel start duration ortho stype name confidence lookahead
 *
 * One file may hold many recordings. Read like pyannote.database 6 `load_rttm`, but only lines of type SPEAKER are
 * turns. Written to the byte like pyannote.core 6.1 `Annotation.to_rttm`, which refuses blanks in names; here they
 * become `_`.
 */

const OTHER_TYPES = new Set(
  'SEGMENT NOSCORE NO_RT_METADATA LEXEME NON-LEX NON-SPEECH NOSPEECH FILLER EDIT SU IP CB A/P SPKR-INFO'.split(' '),
);

/** The recordings of an RTTM file, in the order in which they come. */
export function parseRttm(text: string, options: ReadOptions = {}): Annotation[] {
  const gathering = new Gathering();
  forEachLine(text, options, (line, at) => {
    if (isComment(line)) return;
    const fields = splitFields(line, 8);
    const type = fields[0].toUpperCase();
    if (type !== 'SPEAKER') {
      if (!OTHER_TYPES.has(type)) {
        throw new FormatError(`got ${quote(fields[0])} when an RTTM line starts with its type, such as SPEAKER`, at);
      }
      if (type === 'SPKR-INFO' && fields.length > 1) gathering.open(fields[1]);
      return;
    }
    const { uri, start, length, name, confidence } = readSpeaker(fields, at);
    gathering.add(
      uri,
      start,
      start + length,
      { speaker: name, ...(confidence === undefined ? {} : { confidence }) },
      at,
    );
  });
  return gathering.annotations();
}

/**
 * One recording or several as RTTM. Without a name of its own, a recording is `<NA>`. Turns of the same stretch keep
 * the order in which they are given: pyannote orders them by track, which the label needn't follow.
 */
export function writeRttm(annotations: Annotation | readonly Annotation[]): string {
  const lines: string[] = [];
  for (const { uri, turns } of several(annotations)) {
    const file = withoutBlanks(uri);
    for (const turn of inOrder(turns)) {
      if (isEmpty(turn)) continue;
      const times = `${fixed3(turn.start)} ${fixed3(duration(turn))}`;
      lines.push(`SPEAKER ${file} 1 ${times} <NA> <NA> ${withoutBlanks(turn.speaker)} <NA> <NA>\n`);
    }
  }
  return lines.join('');
}

interface Speaker {
  readonly uri: string;
  readonly start: number;
  readonly length: number;
  readonly name: string;
  readonly confidence?: number;
}

function readSpeaker(fields: readonly string[], at: Place): Speaker {
  if (fields.length < 8) {
    throw new FormatError(`got ${fields.length} fields when a SPEAKER line has 10 (at least 8, the last the name)`, at);
  }
  const time = timeColumn(fields);
  const start = parseSeconds(fields[time], 'start', at);
  const length = parseSeconds(fields[time + 1], 'duration', at);
  if (length < -SEGMENT_PRECISION) {
    throw new FormatError(`got ${fields[time + 1]} for the duration when it can't be negative`, at);
  }

  // The name runs up to the last two fields (confidence and lookahead), or up to what is there of them. No name goes on
  // behind <NA>: what stands there are columns of somebody's own.
  const first = time + 4;
  const absent = fields.indexOf('<NA>', first + 1);
  const last =
    absent < 0 ? fields.length : Math.min(fields.length, absent + (isTail(fields[absent + 1] ?? '') ? 2 : 1));
  let end = last;
  while (end > first + 1 && last - end < 2 && isTail(fields[end - 1])) end--;
  const name = fields.slice(first, end).join(' ');
  if (name === '') throw new FormatError('got no speaker name in field 8', at);
  const confidence = end < last && isNumber(fields[end]) ? Number(fields[end]) : Number.NaN;
  return {
    uri: fields.slice(1, time - 1).join(' '),
    start,
    length,
    name,
    ...(confidence >= 0 && confidence <= 1 ? { confidence } : {}),
  };
}

/** Where the start is: field 4, or later if the recording's name holds blanks (its line then has too many fields). */
function timeColumn(fields: readonly string[]): number {
  if (fields.length > 10) {
    for (let i = 3; i + 4 < fields.length; i++) {
      if (isNumber(fields[i]) && isNumber(fields[i + 1]) && fields[i + 2] === '<NA>' && fields[i + 3] === '<NA>')
        return i;
    }
  }
  return 3;
}

function isTail(field: string): boolean {
  return field === '<NA>' || field === '' || isNumber(field);
}
