import { fromKysely, PgBoss } from 'pg-boss';
import type { Trx } from '../store/db.ts';

/**
 * The queue carries job ids and nothing else; the job row says what is true. pg-boss sends and takes inside our own
 * transactions, so "the row is pending" and "the queue holds its id" become true together, and "a worker has it" and
 * "the queue no longer holds it" too. A worker that dies half-way through taking rolls both back.
 */
export interface Queue {
  /** Makes pg-boss's own tables and our queue, when they are not there. */
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Puts a job's id in the queue. */
  send(trx: Trx, job: { id: string; priority: number }): Promise<void>;
  /** Takes the next id out: highest priority first, then the oldest. */
  take(trx: Trx): Promise<string | undefined>;
  /** Takes a certain id out, if it is there. */
  remove(trx: Trx, id: string): Promise<void>;
}

export const QUEUE = 'diarist';
const MONTH = 30 * 24 * 3600;

/** Connects pg-boss to the store. */
export function createQueue(url: string, onError: (error: Error) => void): Queue {
  const boss = new PgBoss({ connectionString: url, max: 2, schedule: false, application_name: 'diarist-queue' });
  boss.on('error', onError);
  return {
    async start() {
      await boss.start();
      await boss.createQueue(QUEUE, { retryLimit: 0, retentionSeconds: MONTH, deleteAfterSeconds: 60 });
    },
    stop: () => boss.stop({ graceful: false, close: true }),
    async send(trx, { id, priority }) {
      await boss.send(QUEUE, {}, { id, priority, db: fromKysely(trx) });
    },
    async take(trx) {
      const db = fromKysely(trx);
      const [message] = await boss.fetch(QUEUE, { db, batchSize: 1 });
      if (!message) return undefined;
      await boss.deleteJob(QUEUE, message.id, { db });
      return message.id;
    },
    async remove(trx, id) {
      await boss.deleteJob(QUEUE, id, { db: fromKysely(trx) });
    },
  };
}
