import { copyFile, mkdir, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import type { HubSource } from '../../model/manifest.ts';
import { isFile } from './folder.ts';

/**
 * The hub's cache as its Python library lays it out (huggingface_hub, "Understand caching"), so that a file fetched by
 * either is found by the other:
 *
 *   models--owner--name/refs/<revision>             a branch or tag: the commit it stood for
 *   models--owner--name/blobs/<etag>                the bytes, once
 *   models--owner--name/snapshots/<commit>/<path>   a link to them under their name
 */
export interface CachePaths {
  readonly repo: string;
  readonly blob: string;
  readonly pointer: string;
}

const COMMIT = /^[0-9a-f]{40}$/;

export function repoFolder(cacheDir: string, repo: string): string {
  return join(cacheDir, `models--${repo.replaceAll('/', '--')}`);
}

export function cachePaths(cacheDir: string, { repo, path }: HubSource, commit: string, etag: string): CachePaths {
  const folder = repoFolder(cacheDir, repo);
  return {
    repo: folder,
    blob: join(folder, 'blobs', etag),
    pointer: join(folder, 'snapshots', commit, ...path.split('/')),
  };
}

/** The cached file of a source, found without the network: by its commit, or by the commit its branch last stood for. */
export async function findCached(cacheDir: string, source: HubSource): Promise<string | undefined> {
  const commit = await cachedCommit(cacheDir, source);
  if (commit === undefined) return undefined;
  const { pointer } = cachePaths(cacheDir, source, commit, '');
  return (await isFile(pointer)) ? pointer : undefined;
}

async function cachedCommit(cacheDir: string, { repo, revision }: HubSource): Promise<string | undefined> {
  if (COMMIT.test(revision)) return revision;
  const ref = join(repoFolder(cacheDir, repo), 'refs', ...revision.split('/'));
  const commit = (await readFile(ref, 'utf8').catch(() => '')).trim();
  return COMMIT.test(commit) ? commit : undefined;
}

/** Notes which commit a branch or tag stands for. Each step is atomic: others may read and write at the same time. */
export async function writeRef(cacheDir: string, { repo, revision }: HubSource, commit: string): Promise<void> {
  if (COMMIT.test(revision)) return;
  const ref = join(repoFolder(cacheDir, repo), 'refs', ...revision.split('/'));
  await mkdir(dirname(ref), { recursive: true });
  const draft = `${ref}.${process.pid}.tmp`;
  await writeFile(draft, commit);
  await rename(draft, ref);
}

/** Puts a finished blob under its name: a relative link, or a copy where links are not allowed (Windows). */
export async function linkBlob({ blob, pointer }: CachePaths): Promise<void> {
  await mkdir(dirname(pointer), { recursive: true });
  const draft = `${pointer}.${process.pid}.tmp`;
  await rm(draft, { force: true });
  try {
    await symlink(relative(dirname(pointer), blob), draft);
  } catch (error) {
    if (!['EPERM', 'EACCES', 'ENOSYS', 'UNKNOWN'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    await copyFile(blob, draft);
  }
  await rename(draft, pointer);
}

/** Every commit of a repository that the cache has files of. */
export async function cachedCommits(cacheDir: string, repo: string): Promise<readonly string[]> {
  return readdir(join(repoFolder(cacheDir, repo), 'snapshots')).catch(() => []);
}
