import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { ResolvedModel, Role } from '../../model/manifest.ts';

/** What results are filed under: not the places of files, which stay the same when a newer version is put there. */

/** SHA-256 of each file of a model. */
export async function modelHashes({ files }: ResolvedModel): Promise<Readonly<Record<string, string>>> {
  const roles = (Object.keys(files) as Role[]).sort();
  const hashes: Record<string, string> = {};
  for (const role of roles) hashes[role] = digest(await readFile(files[role]!));
  return hashes;
}

export function digest(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
