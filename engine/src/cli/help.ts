import { EXIT_CODES } from './exitCodes.ts';

/** What `--help` says at its end. */
export const EXAMPLES = `
Examples:
  diarist meeting.mp3                            on a terminal: the turns, a timeline, airtime
  diarist meeting.mp3 > meeting.rttm             in a pipe or a file: RTTM
  diarist meeting.mp3 -o meeting.srt             the format follows the name
  diarist recordings/*.wav -o results/ -f json   a file each
  ffmpeg -i rtsp://… -f wav - | diarist -        from standard input
  diarist meeting.mp3 --num-speakers 3 --model community-1`;

/** The table for `--help`. */
export function exitCodesHelp(): string {
  return `Exit codes:\n${EXIT_CODES.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}\n`).join('')}`;
}
