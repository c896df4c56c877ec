import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runShadow, type ShadowRow } from './shadow.ts';

const closing: (() => void)[] = [];
let dir: string;
let said: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'shadow-'));
  closing.push(() => rmSync(dir, { recursive: true }));
  said = '';
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(() => {
  for (const close of closing.splice(0)) close();
  vi.restoreAllMocks();
});

/** A service that finds one speaker from 0 to `end` in whatever it is sent. */
async function service(end: number): Promise<{ url: string; numAsked: () => number }> {
  let asked = 0;
  const server = createServer((request, response) => {
    asked++;
    const { port } = server.address() as AddressInfo;
    const answers: Record<string, object> = {
      '/v1/media/input': { url: `http://127.0.0.1:${port}/put` },
      '/put': {},
      '/v1/diarize': { jobId: 'one', status: 'created' },
      '/v1/jobs/one': { status: 'succeeded', output: { diarization: [{ speaker: 'SPEAKER_00', start: 0, end }] } },
    };
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answers[request.url ?? '']));
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  closing.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, numAsked: () => asked };
}

async function run(references: string) {
  const [a, b] = [await service(10), await service(8)];
  const files = ['talk.wav', 'other.wav'].map((name) => join(dir, name));
  for (const file of files) writeFileSync(file, 'sound');
  const report = join(dir, 'report.json');
  const sides = ['--a', a.url, '--a-key', 'x', '--b', b.url, '--b-key', 'y'];
  const code = await runShadow([...sides, '--references', references, '-o', report, ...files]);
  const rows = () => JSON.parse(readFileSync(report, 'utf8')) as ShadowRow[];
  return { code, rows, numAsked: a.numAsked() + b.numAsked() };
}

test('both are held against the references that there are, and a recording without one is compared all the same', async () => {
  writeFileSync(join(dir, 'talk.rttm'), 'SPEAKER talk 1 0.000 10.000 <NA> <NA> ada <NA> <NA>\n');
  const { code, rows } = await run(dir);
  expect(code).toBe(0);
  // By hand: of ten seconds a has all, b misses two; b misses two of the ten that a finds.
  const [talk, other] = rows();
  expect(talk).toMatchObject({ file: 'talk', duration: 10, agreement: 0.8, a: { der: 0 }, b: { der: 0.2 } });
  expect(other).toMatchObject({ file: 'other', agreement: 0.8, a: { speakers: 1 } });
  expect(other.a).not.toHaveProperty('der');
});

test('a folder without any of the references is a misuse, told before anything is sent', async () => {
  const { code, numAsked } = await run(join(dir, 'nowhere'));
  expect(code).toBe(2);
  expect(said).toBe(`None of the recordings has an RTTM file of its name in ${join(dir, 'nowhere')}.\n`);
  expect(numAsked).toBe(0);
});

test('a reference that is damaged is told before anything is sent', async () => {
  writeFileSync(join(dir, 'other.rttm'), 'SPEAKER other 1 zero 10.000 <NA> <NA> ada <NA> <NA>\n');
  const { code, numAsked } = await run(dir);
  expect(code).toBe(1);
  expect(said).toContain('zero');
  expect(numAsked).toBe(0);
});
