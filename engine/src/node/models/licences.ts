import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ModelError } from '../../core/errors.ts';
import { type Licence, missingAcceptance } from '../../model/licence.ts';
import type { ModelManifest } from '../../model/manifest.ts';

/**
 * The non-commercial licences that the user of this machine has said yes to, in licences.json of the models folder:
 * `{ "accepted": { "<id>": "<when>" } }`. Asked once, by --accept-licence <id>.
 */
export async function acceptedLicences(modelsDir: string): Promise<readonly string[]> {
  return Object.keys(await readAccepted(modelsDir));
}

export async function acceptLicences(modelsDir: string, ids: readonly string[]): Promise<void> {
  const accepted = await readAccepted(modelsDir);
  const fresh = ids.filter((id) => accepted[id] === undefined);
  if (fresh.length === 0) return;
  const now = new Date().toISOString();
  const all = { ...accepted, ...Object.fromEntries(fresh.map((id) => [id, now])) };
  await mkdir(modelsDir, { recursive: true });
  const draft = join(modelsDir, `licences.json.${process.pid}.tmp`);
  await writeFile(draft, `${JSON.stringify({ accepted: all }, undefined, 2)}\n`);
  await rename(draft, join(modelsDir, 'licences.json'));
}

/** Refuses a model whose non-commercial licences were not accepted; `accept` are those accepted right now, kept if so. */
export async function requireLicences(
  { name, licences }: Pick<ModelManifest, 'name' | 'licences'>,
  modelsDir: string,
  accept: readonly string[] = [],
): Promise<void> {
  const asked: readonly Licence[] = missingAcceptance(licences, await acceptedLicences(modelsDir));
  if (asked.length === 0) return;
  const [refused] = missingAcceptance(asked, accept);
  if (refused !== undefined) {
    const where = refused.url === undefined ? '' : ` (${refused.url})`;
    throw new ModelError(
      'model_licence',
      `The model '${name}' is under ${refused.id}${where}, which does not allow commercial use: read it, and if it fits your use, add --accept-licence ${refused.id} once.`,
    );
  }
  await acceptLicences(
    modelsDir,
    asked.map(({ id }) => id),
  );
}

async function readAccepted(modelsDir: string): Promise<Readonly<Record<string, string>>> {
  const text = await readFile(join(modelsDir, 'licences.json'), 'utf8').catch(() => '{}');
  try {
    const { accepted } = JSON.parse(text) as { accepted?: Record<string, string> };
    return typeof accepted === 'object' && accepted !== null ? accepted : {};
  } catch {
    return {}; // a broken file accepts nothing
  }
}
