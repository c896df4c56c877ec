import type { JobRow } from '../store/jobs.ts';
import { openJson, sealJson, type Vault } from '../vault.ts';
import type { SpokenWords } from './messages.ts';

/** What is kept of a job: the answer as it is shown, and the turns without overlap even where they were not asked for. */
export interface Stored {
  readonly answer: Record<string, unknown>;
  readonly exclusive?: readonly { start: number; end: number; speaker: string }[];
  /** What was said, word by word, where words were asked for or given. */
  readonly spoken?: SpokenWords;
  /** Speakers that are known by a clip of their voice that came with the request. */
  readonly names?: Readonly<Record<string, string>>;
}

export function sealStored(vault: Vault, jobId: string, stored: Stored): Buffer {
  return sealJson(vault, stored, outputContext(jobId));
}

export function readStored(vault: Vault, job: Pick<JobRow, 'id' | 'output'>): Stored | undefined {
  return job.output ? openJson<Stored>(vault, job.output, outputContext(job.id)) : undefined;
}

const outputContext = (jobId: string): string => `output:${jobId}`;
export const speakersContext = (jobId: string): string => `speakers:${jobId}`;
