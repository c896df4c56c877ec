import type { Db } from '../store/db.ts';
import { countWaiting } from '../store/jobs.ts';

/**
 * Whether there is room in the queue. Counting thousands of waiting rows at every submit would cost more than the
 * submit, so a count serves for a second, plus what this process has let in since; near the limit it is counted anew.
 */
export interface Backlog {
  hasRoom(limit: number): Promise<boolean>;
}

const FRESH_MS = 1000;

export function createBacklog(db: Db): Backlog {
  let counted = 0;
  let letIn = 0;
  let at = Number.NEGATIVE_INFINITY;
  return {
    async hasRoom(limit) {
      const now = performance.now();
      if (now - at > FRESH_MS || counted + letIn >= limit * 0.9) {
        counted = await countWaiting(db);
        letIn = 0;
        at = now;
      }
      if (counted + letIn >= limit) return false;
      letIn++;
      return true;
    },
  };
}
