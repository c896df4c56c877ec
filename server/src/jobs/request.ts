import type { JobRow, NewJob } from '../store/jobs.ts';
import { openJson, sealJson, type Vault } from '../vault.ts';

/**
 * What a request asks for, as its job keeps it: voices, names and words that came with it are personal data and are
 * sealed like an output; the rest is plain.
 */
const PRIVATE: readonly string[] = ['voiceprints', 'transcript', 'knownSpeakers'];

export function sealRequest(
  vault: Vault,
  jobId: string,
  options: Readonly<Record<string, unknown>>,
): Pick<NewJob, 'options'> & Pick<JobRow, 'sealed_options'> {
  const all = Object.entries(options);
  const secret = all.filter(([name, value]) => PRIVATE.includes(name) && value !== undefined);
  return {
    options: JSON.stringify(Object.fromEntries(all.filter(([name]) => !PRIVATE.includes(name)))),
    sealed_options: secret.length > 0 ? sealJson(vault, Object.fromEntries(secret), requestContext(jobId)) : null,
  };
}

/** All options of a job. One from before they were sealed has them plain. */
export function readRequest(
  vault: Vault,
  { id, options, sealed_options }: Pick<JobRow, 'id' | 'options' | 'sealed_options'>,
): Record<string, unknown> {
  if (!sealed_options) return options;
  return { ...options, ...openJson<Record<string, unknown>>(vault, sealed_options, requestContext(id)) };
}

const requestContext = (jobId: string): string => `request:${jobId}`;
