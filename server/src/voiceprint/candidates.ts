import type { FieldError } from '../problem.ts';
import type { Db } from '../store/db.ts';
import { getVoiceprint } from '../store/voiceprints.ts';
import type { Vault } from '../vault.ts';
import type { Candidate } from './match.ts';
import { parsePortable } from './portable.ts';
import { openSet, openVectors } from './store.ts';

/** Who an identify request may name: portable strings, enrolled speakers (`store:vp_…`), and a whole set of them. */
export interface Named {
  readonly label: string;
  readonly voiceprint: string;
}

const STORED = /^store:(vp_[a-z0-9]{20})$/;

/** A voiceprint was made with another model, or is no voiceprint. */
export class Incompatible extends Error {
  override readonly name = 'Incompatible';
}

/** What is wrong with the voiceprints of a request, as far as it can be seen without the model. */
export async function candidateProblems(
  { db }: { db: Db },
  tenant: string,
  voiceprints: readonly Named[],
): Promise<FieldError[]> {
  const problems: FieldError[] = [];
  for (const [i, { voiceprint }] of voiceprints.entries()) {
    const field = `voiceprints[${i}].voiceprint`;
    const id = STORED.exec(voiceprint)?.[1];
    if (id) {
      if (!(await getVoiceprint(db, tenant, id))) problems.push({ field, message: 'names no enrolled speaker' });
    } else if (!parsePortable(voiceprint)) {
      problems.push({ field, message: 'is not a voiceprint of this service, or is damaged' });
    }
  }
  return problems;
}

/** The model whose voices are compared; how long its vectors are is known once it has made one. */
export interface VoiceModel {
  readonly digest: string;
  readonly dimensions: number | undefined;
}

/** The vectors of every candidate. `ids` are the enrolled speakers among them, by label; `warnings` are for who asked. */
export async function loadCandidates(
  db: Db,
  vault: Vault,
  tenant: string,
  { digest, dimensions }: VoiceModel,
  { voiceprints, voiceprintSet }: { voiceprints: readonly Named[]; voiceprintSet?: string | undefined },
): Promise<{ candidates: Candidate[]; ids: Map<string, string>; warnings: readonly string[] }> {
  const warnings: string[] = [];
  const candidates: Candidate[] = [];
  const ids = new Map<string, string>();
  // The digest is what a string says of itself; vectors of another length have no score, and without one there is no end.
  const add = (label: string, model: string | undefined, vectors: readonly Float32Array[]) => {
    const fits = vectors.every(({ length }) => dimensions === undefined || length === dimensions);
    if (model !== digest || !fits) throw incompatible(label);
    candidates.push({ label, vectors });
  };
  for (const { label, voiceprint } of voiceprints) {
    const id = STORED.exec(voiceprint)?.[1];
    if (id) {
      const row = await getVoiceprint(db, tenant, id);
      if (!row) throw new Incompatible(`The enrolled speaker of ${label} is no longer there.`);
      add(label, digestOf(row.model), await openVectors(db, vault, row));
      ids.set(label, row.id);
      continue;
    }
    const portable = parsePortable(voiceprint);
    add(label, portable?.digest, portable?.vectors ?? []);
  }
  if (voiceprintSet !== undefined) {
    const known = new Set(candidates.map(({ label }) => label));
    const enrolled = await openSet(db, vault, tenant, voiceprintSet);
    if (enrolled.length === 0) warnings.push(`nobody is enrolled in the set ${voiceprintSet}`);
    for (const { id, label, model, vectors } of enrolled) {
      if (known.has(label)) continue;
      add(label, digestOf(model), vectors);
      ids.set(label, id);
      known.add(label);
    }
  }
  return { candidates, ids, warnings };
}

const digestOf = (model: string): string | undefined => model.split('@sha256:')[1];

function incompatible(label: string): Incompatible {
  return new Incompatible(`The voiceprint of ${label} was made with another model; enrol this speaker again.`);
}
