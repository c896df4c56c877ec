import type { ByteSource } from '../audio/byteSource.ts';
import type { OpenFile } from '../audio/pcmFile.ts';
import { AudioError } from '../core/errors.ts';

/** Files that a browser gives: a Blob is read piece by piece, so that a long recording is never in memory as a whole. */
export function openBlob(blob: Blob, name: string): OpenFile {
  if (blob.size === 0) throw new AudioError('audio_empty', `${name} is empty (0 bytes).`);
  const source: ByteSource = {
    size: blob.size,
    async read(position, length) {
      try {
        return new Uint8Array(await blob.slice(position, position + length).arrayBuffer());
      } catch (cause) {
        // A file that was moved or changed after the user chose it.
        throw new AudioError('audio_unreadable', `${name} could not be read (${(cause as Error).message}).`, { cause });
      }
    },
  };
  return { name, source, close: async () => undefined };
}

/** The bytes behind a URL. */
export async function downloadBlob(url: string, signal?: AbortSignal): Promise<Blob> {
  let response: Response;
  try {
    response = await fetch(url, { signal: signal ?? null });
  } catch (cause) {
    signal?.throwIfAborted();
    throw new AudioError('audio_unreadable', `${url} could not be reached (${(cause as Error).message}).`, { cause });
  }
  if (!response.ok) {
    const code = response.status === 404 || response.status === 410 ? 'audio_not_found' : 'audio_unreadable';
    throw new AudioError(code, `${url} answered ${response.status} ${response.statusText} when 200 was expected.`);
  }
  try {
    return await response.blob();
  } catch (cause) {
    signal?.throwIfAborted();
    throw new AudioError('audio_unreadable', `${url} broke off (${(cause as Error).message}).`, { cause });
  }
}
