import { FormatError } from '../../core/errors.ts';

/**
 * Lists of trials, one a line: two recordings and whether one person speaks in both. The usual forms are read, told apart
 * by where the answer stands:
 *
 *   1 id10270/5r0/00001.wav id10270/8jE/00008.wav        VoxCeleb: 1 is the same speaker, 0 is not
 *   a.wav b.wav target                                   NIST, Kaldi: target or nontarget
 *   1 0.734          0.734 target                        scores that are there already, and the answers
 *
 * Fields are parted by blanks, or by tabs or commas where names have blanks; empty lines, those that begin with # or ;;,
 * and what follows a # between blanks are left out.
 */
export type ListedTrial =
  | { readonly target: boolean; readonly enroll: string; readonly test: string }
  | { readonly target: boolean; readonly score: number };

const ANSWERS: ReadonlyMap<string, boolean> = new Map([
  ['1', true],
  ['0', false],
  ['target', true],
  ['nontarget', false],
  ['imposter', false],
  ['impostor', false],
]);

export function parseTrials(text: string, { file }: { readonly file?: string } = {}): ListedTrial[] {
  const trials: ListedTrial[] = [];
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/);
  for (const [index, raw] of lines.entries()) {
    const line = raw.replace(/\s#\s.*$/, '').trim();
    if (line === '' || line.startsWith('#') || line.startsWith(';;')) continue;
    trials.push(parseLine(line, { file, line: index + 1 }));
  }
  return trials;
}

function parseLine(line: string, at: { readonly file?: string; readonly line: number }): ListedTrial {
  const separator = line.includes('\t') ? /\t+/ : line.includes(',') ? /\s*,\s*/ : /\s+/;
  const fields = line.split(separator).map((field) => field.trim());
  // `1 0` could be either way round: the answer comes first then
  const answerFirst = answerOf(fields[0]) !== undefined;
  const target = answerOf(answerFirst ? fields[0] : fields[fields.length - 1]);
  const rest = answerFirst ? fields.slice(1) : fields.slice(0, -1);
  if (target === undefined || rest.length < 1 || rest.length > 2 || rest.includes(''))
    throw new FormatError(
      `Got '${line.slice(0, 80)}'; expected an answer (1, 0, target or nontarget) and two recordings or a score.`,
      at,
    );
  if (rest.length === 2) return { target, enroll: rest[0], test: rest[1] };
  if (!Number.isFinite(Number(rest[0]))) throw new FormatError(`Got '${rest[0]}' when a score was expected.`, at);
  return { target, score: Number(rest[0]) };
}

function answerOf(field: string): boolean | undefined {
  return ANSWERS.get(field.toLowerCase());
}
