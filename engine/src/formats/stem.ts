/**
 * What a result's file says of its recording: the name without folder and ending. Some of our endings have two parts
 * (`x.pyannote.json` is of `x`), and names may have dots of their own: `meeting.v2.rttm` is of `meeting.v2`.
 */

/** The endings of the table of formats that have two parts, which its test compares, or whatever follows the last dot. */
const ENDING = /(?<=.)(?:\.pyannote\.json|\.pyannoteai\.json|\.audacity\.txt|\.[^.]*)$/i;

/** The file's name without folder and ending; a hidden file's name, `.rttm`, stays whole. */
export function fileStem(file: string): string {
  return file.replace(/^.*[\\/]/, '').replace(ENDING, '');
}
