import type { Db } from '../store/db.ts';
import { announceBlob, forgetBlob } from '../store/media.ts';
import type { BlobStore } from './blobs.ts';

/**
 * A store whose blobs are written down before they are written: bytes that get no name, as the process was killed in
 * between, are removed when their time has come. Nobody else would ever find them.
 */
export function announced(blobs: BlobStore, db: Db): BlobStore {
  return {
    ...blobs,
    async write(name, bytes, maxBytes) {
      await announceBlob(db, name);
      try {
        return await blobs.write(name, bytes, maxBytes);
      } catch (error) {
        await forgetBlob(db, name).catch(() => {}); // then it goes in its time, as nothing
        throw error;
      }
    },
  };
}
