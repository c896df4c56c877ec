import { expect, test } from 'vitest';
import { run, SAMPLE } from './runCli.ts';

// An output's ending says what is written, or nothing is: not JSON in a .docx, nor a page in a .pdf.

test.each<[string, string[], string]>([
  ['diarize', [SAMPLE, '-o', 'x.foo'], 'say --format with one of rttm, json,'],
  ['vad', [SAMPLE, '-o', 'x.foo'], 'say --format with one of rttm, json,'],
  ['convert', [SAMPLE, 'x.foo'], 'say --to with one of rttm, json,'],
  ['transcribe', [SAMPLE, '--transcript', 'none.json', '-o', 'x.foo'], 'say --format with one of json, txt, md,'],
  ['assign', ['none.json', '--rttm', 'none.rttm', '-o', 'x.foo'], 'say --format with one of json, txt, md,'],
  ['changes', [SAMPLE, '-o', 'x.foo'], 'say --format with one of txt, csv, json.'],
  ['embed', [SAMPLE, '-o', 'x.foo'], 'say --format with one of npy, json.'],
  ['verify', [SAMPLE, SAMPLE, '-o', 'x.foo'], 'say --json, or name it .txt or .json.'],
  ['trials', ['none.txt', '-o', 'x.foo'], 'say --json, or name it .txt or .json.'],
  ['explain', [SAMPLE, '-o', 'x.foo'], 'the page is HTML, so name it .html.'],
])('%s refuses an ending that it does not know before any work', async (command, args, advice) => {
  const { code, stdout, stderr } = await run([command, ...args]);
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^diarist: Can't tell the format from 'x\.foo': .*\.\n$/);
  expect(stderr).toContain(advice);
});
