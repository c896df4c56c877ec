import { FormatError } from '../core/errors.ts';
import { fixed3 } from './fixed.ts';
import { forEachLine, isComment, parseSeconds, type ReadOptions } from './lines.ts';
import { oneLine, textOf } from './prefix.ts';
import { Gathering, inOrder, several, type TextAnnotation, withoutBlanks } from './turns.ts';

/**
 * STM, a reference transcript, one stretch of one speaker a line (NIST SCTK, `stm`):
 *
 *     meeting 1 SPEAKER_00 4.115 6.300 <o,f0,male> good morning
 *     file channel speaker start end [label] words
 *
 * Stretches that only say "don't score this" (`inter_segment_gap`, `ignore_time_segment_in_scoring`) are nobody's turn.
 */
export function parseStm(text: string, options: ReadOptions = {}): TextAnnotation[] {
  const gathering = new Gathering();
  forEachLine(text, options, (line, at) => {
    if (isComment(line)) return;
    const match = /^(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)(?:\s+(.*))?$/s.exec(line);
    if (!match) {
      throw new FormatError('got fewer than 5 fields when an STM line has file channel speaker start end words', at);
    }
    const [, uri, , speaker, from, to, rest = ''] = match;
    const start = parseSeconds(from, 'start', at);
    const end = parseSeconds(to, 'end', at);
    const words = rest.replace(/^<[^>]*>\s*/, '');
    gathering.open(uri);
    if (/^(inter_segment_gap|excluded_region)$/i.test(speaker) || /^ignore_time_segment_in_scoring$/i.test(words))
      return;
    gathering.add(uri, start, end, { speaker, ...textOf(words) }, at);
  });
  return gathering.annotations();
}

/** One recording or several as STM. */
export function writeStm(annotations: TextAnnotation | readonly TextAnnotation[]): string {
  const lines: string[] = [];
  for (const { uri, turns } of several(annotations)) {
    for (const { start, end, speaker, text = '' } of inOrder(turns)) {
      const head = `${withoutBlanks(uri)} 1 ${withoutBlanks(speaker)} ${fixed3(start)} ${fixed3(end)} <NA>`;
      lines.push(`${head} ${oneLine(text)}`.trimEnd() + '\n');
    }
  }
  return lines.join('');
}
