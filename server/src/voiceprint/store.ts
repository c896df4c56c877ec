import type { DbOrTrx } from '../store/db.ts';
import { listSamples, listSetSamples, type VoiceprintRow } from '../store/voiceprints.ts';
import type { Vault } from '../vault.ts';

/** A speaker's sealed sample vectors, opened. */
export async function openVectors(
  db: DbOrTrx,
  vault: Vault,
  { id }: Pick<VoiceprintRow, 'id'>,
): Promise<Float32Array[]> {
  return (await listSamples(db, id)).map(({ vector }) => fromBytes(vault.open(vector, vectorContext(id))));
}

/** Everybody in a set, with their vectors opened. */
export async function openSet(
  db: DbOrTrx,
  vault: Vault,
  tenant: string,
  name: string,
): Promise<{ id: string; label: string; model: string; vectors: Float32Array[] }[]> {
  const speakers = new Map<string, { id: string; label: string; model: string; vectors: Float32Array[] }>();
  for (const { vector, ...row } of await listSetSamples(db, tenant, name)) {
    const speaker = speakers.get(row.id) ?? { ...row, vectors: [] };
    speaker.vectors.push(fromBytes(vault.open(vector, vectorContext(row.id))));
    speakers.set(row.id, speaker);
  }
  return [...speakers.values()];
}

export const vectorContext = (voiceprintId: string): string => `voiceprint:${voiceprintId}`;

export function toBytes(vector: Float32Array): Buffer {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
}

export function fromBytes(bytes: Buffer): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}
