import { z } from '@hono/zod-openapi';

export const MediaUrl = z
  .string()
  .max(255)
  .regex(/^media:\/\/[A-Za-z0-9_./-]+$/, 'must be media:// and then letters, digits, _ . / -')
  .refine((url) => mediaKey(url) !== undefined, 'must not have empty, . or .. parts')
  .openapi('MediaUrl', { pattern: '^media://[A-Za-z0-9_./-]+$' });

export const MediaRequest = z.object({ url: MediaUrl }).openapi('MediaRequest');
export const MediaResponse = z.object({ url: z.url() }).openapi('MediaResponse');

/** The key in `media://key`; undefined when it has a part that a path must not have. */
export function mediaKey(url: string): string | undefined {
  const key = url.slice('media://'.length);
  return key.split('/').some((part) => part === '' || part === '.' || part === '..') ? undefined : key;
}
