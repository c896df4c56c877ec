import { type TextTurn, UNKNOWN } from './turns.ts';

/**
 * Speakers in subtitles and readable text, as people write them: `Anna: Good morning.`
 * A name ends at the first colon before a blank or the end of the line. What a name can't hold there becomes `_`.
 */

/** A turn as `Name: text`; `Name:` without text; the text alone where nobody knows who speaks. */
export function withPrefix({ speaker, text = '' }: TextTurn): string {
  const words = cueText(text);
  if (speaker === UNKNOWN && words !== '' && splitPrefix(words).speaker === UNKNOWN) return words;
  return words === '' ? `${prefixName(speaker)}:` : `${prefixName(speaker)}: ${words}`;
}

/** The speaker and the text of `Name: text`. Without a prefix the speaker is UNKNOWN. */
export function splitPrefix(cue: string): { speaker: string; text?: string } {
  const match = /^([^\n]{1,200}?):(?=\s|$)/.exec(cue);
  const name = match?.[1].trim();
  if (!match || !name) return { speaker: UNKNOWN, ...textOf(cue) };
  // whisperX writes [SPEAKER_00]: text
  const speaker = /^\[[^[\]]+\]$/.test(name) ? name.slice(1, -1) : name;
  return { speaker, ...textOf(cue.slice(match[0].length)) };
}

/** The same of a label, where a name stands alone: what has no prefix is the name. */
export function splitLabel(label: string): { speaker: string; text?: string } {
  const split = splitPrefix(label);
  return split.text === label.trim() ? { speaker: split.text } : split;
}

/** A name that can stand before a colon. */
export function prefixName(name: string): string {
  return oneLine(name).replace(/:(?=\s|$)/g, '_') || UNKNOWN;
}

/** A text or name on one line. */
export function oneLine(text: string): string {
  return linesOf(text).join(' ');
}

/** A text of one line or more without the blank lines that would end its cue. */
export function cueText(text: string): string {
  return linesOf(text).join('\n');
}

/** The lines that are not blank, without the blanks around them. */
function linesOf(text: string): string[] {
  return text
    .split(/[\r\n]/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** `{ text }`, or nothing where there is none. */
export function textOf(text: string): { text?: string } {
  const words = text.trim();
  return words === '' ? {} : { text: words };
}
