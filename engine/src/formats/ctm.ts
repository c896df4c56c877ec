import { FormatError } from '../core/errors.ts';
import { duration, isEmpty } from '../core/segment.ts';
import { fixed3 } from './fixed.ts';
import { forEachLine, isComment, isNumber, parseSeconds, type ReadOptions, splitFields } from './lines.ts';
import { Gathering, inOrder, several, type TextAnnotation, type TextTurn, UNKNOWN, withoutBlanks } from './turns.ts';

/**
 * CTM, one word a line (NIST SCTK, `ctm`; RT evaluations add type and speaker):
 *
 *     meeting 1 4.115 0.253 hello 0.93 lex SPEAKER_00
 *     file channel start duration word [confidence [type [speaker]]]
 *
 * A word is a short turn with text. Without a speaker column the channel is the speaker, as in telephone speech, where
 * A and B are the two ends. Of alternatives (`<ALT_BEGIN> … <ALT> … <ALT_END>`) the first is taken. A word without
 * length stays, since it was said: only here are there turns without length.
 */
export function parseCtm(text: string, options: ReadOptions = {}): TextAnnotation[] {
  const gathering = new Gathering();
  let passedOver = false;
  forEachLine(text, options, (line, at) => {
    if (isComment(line)) return;
    const fields = splitFields(line, 5);
    if (fields.length < 5) {
      throw new FormatError(
        `got ${fields.length} fields when a CTM line has at least 5: file channel start duration word`,
        at,
      );
    }
    const [uri, channel, from, length, word, sureness, , name] = fields;
    if (/^<ALT(_BEGIN|_END)?>$/i.test(word)) {
      passedOver = word.toUpperCase() === '<ALT>';
      return;
    }
    if (passedOver) return;
    const start = parseSeconds(from, 'start', at);
    const end = start + parseSeconds(length, 'duration', at);
    const speaker = name === undefined || isAbsent(name) ? channel : name;
    const confidence = isNumber(sureness ?? '') ? Number(sureness) : Number.NaN;
    const rest = { speaker, text: word, ...(confidence >= 0 && confidence <= 1 ? { confidence } : {}) };
    if (isEmpty({ start, end }) && end >= start) gathering.open(uri).push({ start, end: start, ...rest });
    else gathering.add(uri, start, end, rest, at);
  });
  return gathering.annotations();
}

/**
 * One recording or several as CTM, words in order of time as sclite wants them. A turn of several words gives each the
 * share of its time that its letters take.
 */
export function writeCtm(annotations: TextAnnotation | readonly TextAnnotation[]): string {
  const lines: string[] = [];
  for (const { uri, turns } of several(annotations)) {
    if (turns.length > 0 && !turns.some((turn) => turn.text)) {
      throw new FormatError(
        `got turns without text for ${uri ?? 'the recording'} when CTM holds words; RTTM holds turns`,
      );
    }
    for (const word of inOrder(inOrder(turns).flatMap(wordsOf))) {
      const times = `${fixed3(word.start)} ${fixed3(duration(word))}`;
      const sureness = word.confidence === undefined ? 'NA' : String(word.confidence);
      lines.push(`${withoutBlanks(uri)} 1 ${times} ${word.text} ${sureness} lex ${withoutBlanks(word.speaker)}\n`);
    }
  }
  return lines.join('');
}

function wordsOf(turn: TextTurn): TextTurn[] {
  const words = (turn.text ?? '').split(/\s+/).filter((word) => word !== '');
  if (words.length === 1) return [{ ...turn, text: words[0] }];
  const letters = words.reduce((sum, word) => sum + word.length, 0);
  let before = 0;
  const time = (passed: number) => turn.start + (passed / letters) * (turn.end - turn.start);
  return words.map((text) => ({ ...turn, text, start: time(before), end: time((before += text.length)) }));
}

/** NIST's `unknown` says that there is no name; the name of nobody is one of ours, which we write. */
function isAbsent(field: string): boolean {
  return field !== UNKNOWN && /^<?NA>?$|^(unknown)?$/i.test(field);
}
