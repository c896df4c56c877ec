import { afterEach, expect, test, vi } from 'vitest';
import { vad } from './vad.ts';

const { isTTY } = process.stderr;
afterEach(() => {
  vi.restoreAllMocks();
  process.stderr.isTTY = isTTY;
});

test('on a terminal the progress is taken away before a result is written', async () => {
  process.stderr.isTTY = true;
  let seen = '';
  const record = (text: unknown, done?: unknown) => {
    seen += String(text);
    if (typeof done === 'function') done();
    return true;
  };
  vi.spyOn(process.stderr, 'write').mockImplementation(record);
  vi.spyOn(process.stdout, 'write').mockImplementation(record);
  await vad([new URL('../../samples/meeting.flac', import.meta.url).pathname]);
  expect(seen).toMatch(/meeting\.flac {2}\d+ %/);
  // From the first column on a line that was cleared
  expect(seen).toContain('\r\x1b[KSPEAKER meeting 1 ');
});
