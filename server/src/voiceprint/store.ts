import type { DbOrTrx } from '../store/db.ts';
import { listSamples, type VoiceprintRow } from '../store/voiceprints.ts';
import type { Vault } from '../vault.ts';

/** A speaker's sealed sample vectors, opened. */
export async function openVectors(
  db: DbOrTrx,
  vault: Vault,
  { id }: Pick<VoiceprintRow, 'id'>,
): Promise<Float32Array[]> {
  return (await listSamples(db, id)).map(({ vector }) => fromBytes(vault.open(vector, vectorContext(id))));
}

export const vectorContext = (voiceprintId: string): string => `voiceprint:${voiceprintId}`;

export function toBytes(vector: Float32Array): Buffer {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength);
}

export function fromBytes(bytes: Buffer): Float32Array {
  return new Float32Array(new Uint8Array(bytes).buffer);
}
