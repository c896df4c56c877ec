import { formatCue } from '../../formats/clock.ts';
import { prefixName } from '../../formats/prefix.ts';
import { UNKNOWN } from '../../formats/turns.ts';
import { escapeMarkup } from '../../formats/vtt.ts';
import type { AssignedTranscript } from '../assign.ts';
import { type CueOptions, cuesOf } from './cues.ts';

/** SubRip, the speaker before the first line of each cue: `Ada: Good morning.` */
export function transcriptToSrt({ turns }: AssignedTranscript, options: CueOptions = {}): string {
  const prefixOf = (speaker: string) => (speaker === UNKNOWN ? '' : `${prefixName(speaker)}: `);
  return cuesOf(turns, { ...options, prefixOf })
    .map((cue, i) => {
      const text = cue.lines.join('\n').replaceAll('-->', '->');
      return `${i + 1}\n${formatCue(cue, ',').join(' --> ')}\n${prefixOf(cue.speaker)}${text}\n\n`;
    })
    .join('');
}

/** WebVTT, the speaker as a voice tag: `<v Ada>Good morning.</v>` */
export function transcriptToVtt({ turns }: AssignedTranscript, options: CueOptions = {}): string {
  const cues = cuesOf(turns, options).map((cue) => {
    const text = escapeMarkup(cue.lines.join('\n'));
    const voiced = cue.speaker === UNKNOWN ? text : `<v ${escapeMarkup(cue.speaker.replace(/\s+/gu, ' '))}>${text}</v>`;
    return `${formatCue(cue, '.').join(' --> ')}\n${voiced}\n\n`;
  });
  return `WEBVTT\n\n${cues.join('')}`;
}
