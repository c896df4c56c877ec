import { FormatError } from '../core/errors.ts';
import { formatCue } from './clock.ts';
import { quote, type ReadOptions, recordingName, splitLines, tolerate } from './lines.ts';
import { cueText, oneLine, splitPrefix, textOf } from './prefix.ts';
import { parseTimes } from './srt.ts';
import { Gathering, inOrder, type TextAnnotation, type TextTurn, UNKNOWN } from './turns.ts';

/**
 * WebVTT subtitles (W3C), the speaker as a voice tag: `<v Anna>Good morning.</v>`. A cue without a tag may say
 * `Anna: Good morning.` as in SubRip. A cue of several voices is a turn for each, at the same time. Notes, styles and
 * regions are passed over. A turn without text shows the speaker's name.
 */
export function parseVtt(text: string, options: ReadOptions = {}): TextAnnotation {
  const { file, onBadLine } = options;
  const uri = recordingName(options);
  const gathering = new Gathering();
  gathering.open(uri);
  const lines = splitLines(text).map((line) => line.trim());
  if (!/^WEBVTT(\s|$)/.test(lines[0])) {
    throw new FormatError(`got ${quote(lines[0])} when WebVTT starts with WEBVTT`, { file, line: 1 });
  }
  for (let i = 1; i < lines.length; ) {
    if (lines[i] === '') {
      i++;
      continue;
    }
    // A block: its times are in its first line, or in its second after a name; it goes up to the next blank line, or to
    // other times (W3C, "collect a WebVTT block").
    const from = i;
    let times = -1;
    for (; i < lines.length && lines[i] !== ''; i++) {
      if (!lines[i].includes('-->')) continue;
      if (times >= 0 || i - from > 1) break;
      times = i - from;
    }
    const block = lines.slice(from, i);
    if (times < 0 && /^(NOTE|STYLE|REGION)(\s|$)/.test(block[0])) continue;
    if (times < 0 && from === 1) continue; // the rest of the header
    const at = { file, line: from + 1 + Math.max(times, 0) };
    tolerate(onBadLine, () => {
      if (times < 0) throw new FormatError(`got ${quote(block[0])} when a cue's times were expected`, at);
      const [start, end] = parseTimes(block[times], at);
      for (const voice of voicesOf(block.slice(times + 1).join('\n'))) gathering.add(uri, start, end, voice, at);
    });
  }
  return gathering.annotations()[0];
}

/** One recording as WebVTT. */
export function writeVtt({ turns }: TextAnnotation): string {
  return `WEBVTT\n\n${inOrder(turns)
    .map((turn) => `${formatCue(turn, '.').join(' --> ')}\n${voice(turn)}\n\n`)
    .join('')}`;
}

function voice({ speaker, text = '' }: TextTurn): string {
  const name = oneLine(speaker) || UNKNOWN;
  const words = cueText(text);
  if (name === UNKNOWN && words !== '' && splitPrefix(words).speaker === UNKNOWN) return escapeMarkup(words);
  return `<v ${escapeMarkup(name)}>${escapeMarkup(words || name)}</v>`;
}

/** Who says what in the text of a cue. */
export function voicesOf(cue: string): Pick<TextTurn, 'speaker' | 'text'>[] {
  const parts = cue.split(/<v(?:\.[^\s>]*)?[ \t\n]+([^>]*)>/);
  const voices: Pick<TextTurn, 'speaker' | 'text'>[] = [];
  const before = plainText(parts[0]);
  if (before !== '' || parts.length === 1) voices.push(splitPrefix(before));
  for (let i = 1; i < parts.length; i += 2) {
    const speaker = oneLine(unescapeMarkup(parts[i])) || UNKNOWN;
    const words = plainText(parts[i + 1]);
    voices.push({ speaker, ...(words === speaker ? {} : textOf(words)) });
  }
  return voices;
}

/** Without tags (classes, italics, times within a cue), entities resolved. */
function plainText(markup: string): string {
  return unescapeMarkup(markup.replace(/<[^<>]*>/g, '')).trim();
}

/** What was said, as the text of a cue. */
export function escapeMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['amp', '&'],
  ['lt', '<'],
  ['gt', '>'],
  ['quot', '"'],
  ['apos', "'"],
  ['nbsp', '\u00A0'],
  ['lrm', '\u200E'],
  ['rlm', '\u200F'],
]);

function unescapeMarkup(text: string): string {
  return text.replace(/&(#x?[\da-f]{1,6}|[a-z]+);/gi, (whole, name: string) => {
    if (!name.startsWith('#')) return ENTITIES.get(name) ?? whole;
    const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}
