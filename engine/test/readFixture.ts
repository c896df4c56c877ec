import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** A JSON file under fixtures/, gunzipped if its name ends in .gz. The caller says what it holds. */
export function readJsonFixture<T>(path: string): T {
  const bytes = readFileSync(new URL(`../../fixtures/${path}`, import.meta.url));
  return JSON.parse((path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')) as T;
}
