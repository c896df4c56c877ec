import { blankless } from '../formats/turns.ts';

/**
 * Which reference belongs to which hypothesis. Recordings carry two names: the one written in the file (RTTM's second
 * column) and that of the file itself, when nothing else is in it. The written names are compared first, then any with
 * any, then as RTTM and UEM write them, which have `_` for each blank; a lone reference and a lone hypothesis belong
 * together whatever they are called.
 */
export interface Named {
  /** The name written in the file. */
  readonly uri?: string;
  /** The file's own name without ending, if the recording is alone in it. */
  readonly stem?: string;
}

export interface Pairing<Reference, Hypothesis> {
  readonly pairs: readonly { readonly reference: Reference; readonly hypothesis: Hypothesis }[];
  readonly lonelyReferences: readonly Reference[];
  readonly lonelyHypotheses: readonly Hypothesis[];
}

/** Pairs in the order of the references. */
export function pairByName<R extends Named, H extends Named>(
  references: readonly R[],
  hypotheses: readonly H[],
): Pairing<R, H> {
  const partner = new Map<R, H>();
  const taken = new Set<H>();
  const join = (reference: R, hypothesis: H | undefined): void => {
    if (!hypothesis || taken.has(hypothesis)) return;
    partner.set(reference, hypothesis);
    taken.add(hypothesis);
  };

  const byUri = new Map(hypotheses.map((one) => [one.uri, one]));
  for (const one of references) if (one.uri !== undefined) join(one, byUri.get(one.uri));

  for (const spelled of [(name: string) => name, blankless]) {
    const byAny = new Map<string, H>();
    for (const one of hypotheses) {
      if (taken.has(one)) continue;
      for (const name of [one.uri, one.stem])
        if (name !== undefined && !byAny.has(spelled(name))) byAny.set(spelled(name), one);
    }
    for (const one of references) {
      for (const name of [one.stem, one.uri]) {
        if (name !== undefined && !partner.has(one)) join(one, byAny.get(spelled(name)));
      }
    }
  }
  if (references.length === 1 && hypotheses.length === 1) join(references[0], hypotheses[0]);

  return {
    pairs: references.flatMap((reference) => {
      const hypothesis = partner.get(reference);
      return hypothesis ? [{ reference, hypothesis }] : [];
    }),
    lonelyReferences: references.filter((one) => !partner.has(one)),
    lonelyHypotheses: hypotheses.filter((one) => !taken.has(one)),
  };
}
