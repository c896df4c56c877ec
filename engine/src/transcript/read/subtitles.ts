import { FormatError } from '../../core/errors.ts';
import { splitLines } from '../../formats/lines.ts';
import { splitPrefix } from '../../formats/prefix.ts';
import { isTimes, parseTimes } from '../../formats/srt.ts';
import { UNKNOWN } from '../../formats/turns.ts';
import { voicesOf } from '../../formats/vtt.ts';
import type { RawSegment, RawTranscript } from '../raw.ts';

/**
 * Subtitles: each cue is a segment without words. Unlike the readers of turns, no cue is dropped for having no length, and
 * `Name:` before a text is taken for a speaker only where cues agree on it: where half of them have one, where a name
 * comes twice, or where it says "speaker". "Note: we begin" is text.
 */
export function readSubtitles(text: string, format: 'srt' | 'vtt', file?: string): RawTranscript {
  const lines = splitLines(text).map((line) => line.trim());
  const cues: RawSegment[] = [];
  // An arrow in what was said makes no line of times; WebVTT has none in its texts.
  const hasTimes = (i: number): boolean => (format === 'srt' ? isTimes(lines, i) : lines[i].includes('-->'));
  for (let i = 0; i < lines.length; i++) {
    if (!hasTimes(i)) continue;
    const [start, end] = parseTimes(lines[i], { file, line: i + 1 });
    const body: string[] = [];
    for (i++; i < lines.length && !hasTimes(i); i++) body.push(lines[i]);
    if (i < lines.length) {
      i--;
      dropName(body, format);
    }
    const kept = (format === 'vtt' ? beforeNote(body) : body).filter((line) => line !== '').join('\n');
    for (const voice of format === 'vtt' ? voicesOf(kept) : [{ speaker: UNKNOWN, text: plain(kept) }]) {
      cues.push({
        start,
        end,
        text: voice.text ?? '',
        speaker: voice.speaker === UNKNOWN ? undefined : voice.speaker,
        words: [],
      });
    }
  }
  if (cues.length === 0 && text.trim() !== '' && !/^\uFEFF?WEBVTT\s*$/.test(text))
    throw new FormatError(`got no line with --> when ${format.toUpperCase()} cues were expected`, { file });
  return { format, unit: 's', segments: withNames(cues) };
}

/** The number or name of the next cue, which stands on the line above its times, after a blank line. */
function dropName(body: string[], format: 'srt' | 'vtt'): void {
  const end = body.length - 1;
  if (end < 0 || body[end] === '') return;
  const isName = format === 'srt' ? /^\d+$/.test(body[end]) : body[end - 1] === '';
  if (isName) body.pop();
}

/** A cue of WebVTT ends at its first blank line; notes and styles may follow. */
function beforeNote(body: readonly string[]): readonly string[] {
  const end = body.indexOf('');
  return end < 0 ? body : body.slice(0, end);
}

function plain(text: string): string {
  return text.replace(/<\/?(?:[biu]|font)\b[^<>]*>/gi, '').replace(/\{\\an?\d\}/g, '');
}

function withNames(cues: readonly RawSegment[]): RawSegment[] {
  const split = cues.map(({ speaker, text = '' }) => (speaker === undefined ? splitPrefix(text) : undefined));
  const counts = new Map<string, number>();
  for (const one of split)
    if (one && one.speaker !== UNKNOWN) counts.set(one.speaker, (counts.get(one.speaker) ?? 0) + 1);
  const named = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return cues.map((cue, i) => {
    const one = split[i];
    if (!one || one.speaker === UNKNOWN || one.text === undefined) return cue;
    const count = counts.get(one.speaker)!;
    const agreed = (cues.length > 1 && named * 2 >= cues.length) || count > 1 || /^\W?(speaker|spk)/i.test(one.speaker);
    return agreed && one.speaker.length <= 40 ? { ...cue, speaker: one.speaker, text: one.text } : cue;
  });
}
