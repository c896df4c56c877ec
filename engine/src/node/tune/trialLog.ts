import { appendFileSync, existsSync } from 'node:fs';
import type { Trial } from '../../toolkit/tune/suggest.ts';
import { readText } from '../readText.ts';
import { writeWhole } from '../writeWhole.ts';

/**
 * The trials of a tuning run, a line each as they are made, so that a run that was stopped, by whatever, goes on from
 * there. A line that was being written when the power went is left out. The first line says what the run is of.
 */
export interface TrialLog {
  /** Trials of a search that were there already. */
  readonly history: (study: string) => readonly Trial[];
  readonly numKnown: number;
  readonly append: (study: string, trial: Trial) => void;
}

/** With `resume` goes on with the log if there is one; otherwise begins anew. */
export async function openTrialLog(
  file: string,
  settings: object,
  { resume = false }: { readonly resume?: boolean } = {},
): Promise<TrialLog> {
  const head = JSON.stringify(settings);
  const studies = new Map<string, Trial[]>();
  let numKnown = 0;
  const kept = [head];
  if (resume && existsSync(file)) {
    const [first, ...lines] = (await readText(file)).split('\n');
    for (const line of first === head ? lines : []) {
      const entry = parse(line);
      if (entry === undefined) break;
      const { study, ...trial } = entry;
      studies.set(study, [...(studies.get(study) ?? []), trial]);
      kept.push(line);
      numKnown++;
    }
  }
  // Also cuts off a half line, to which the next would be glued.
  await writeWhole(file, `${kept.join('\n')}\n`);
  return {
    history: (study) => studies.get(study) ?? [],
    numKnown,
    append: (study, { point, loss }) => appendFileSync(file, `${JSON.stringify({ study, point, loss })}\n`),
  };
}

function parse(line: string): (Trial & { readonly study: string }) | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== 'object' || entry === null) return undefined;
    const { study, point, loss } = entry as Record<string, unknown>;
    if (typeof study !== 'string' || typeof point !== 'object' || point === null || typeof loss !== 'number')
      return undefined;
    return { study, point: point as Trial['point'], loss };
  } catch {
    return undefined;
  }
}
