import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { compare } from './compare.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'diarist-compare-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

type Turn = readonly [start: number, duration: number, speaker: string];

function put(name: string, turns: readonly Turn[], uri = 'meeting'): string {
  const file = join(folder, name);
  const lines = turns.map(
    ([start, duration, speaker]) => `SPEAKER\t${uri}\t1\t${start}\t${duration}\t<NA>\t<NA>\t${speaker}\t<NA>\t<NA>\n`,
  );
  writeFileSync(file, lines.join(''));
  return file;
}

async function page(hypotheses: readonly string[], ref: string, options = {}): Promise<string> {
  const output = join(folder, 'out.html');
  await compare(hypotheses, { ref, output, ...options });
  return readFileSync(output, 'utf8');
}

const reference: readonly Turn[] = [
  [0, 10, 'Anna'],
  [8, 10, 'Bob'],
];
const wrong: readonly Turn[] = [
  [0, 12, 'x'],
  [14, 6, 'y'],
];

test('the page names each error, its seconds and its speakers, and the totals', async () => {
  const html = await page([put('a.rttm', wrong), put('b.rttm', reference)], put('ref.rttm', reference));
  expect(html).toContain(
    '<th scope="row">a.rttm</th><td><strong>40.00 %</strong></td><td>4.00 s (20.0 %)</td><td>2.00 s (10.0 %)</td><td>2.00 s (10.0 %)</td><td>20.00 s</td>',
  );
  expect(html).toContain('<th scope="row">b.rttm</th><td><strong>0.00 %</strong></td>');
  expect(html).toContain('All 4 errors as a table');
  expect(html).toContain('<title>Bob is taken for x, 0:10.000–0:12.000</title>');
  expect(html).toContain('<title>Bob is missed, 0:08.000–0:10.000</title>');
  expect(html).toContain('<title>y is a false alarm, 0:18.000–0:20.000</title>');
  expect(html).toContain('x = Anna</div>');
});

test('names are text, not markup', async () => {
  const evil = `"><script>alert(1)</script>' &amp;`;
  const html = await page([put('a.rttm', [[0, 5, evil]])], put('ref.rttm', [[0, 4, `R${evil}`]], evil), {
    title: evil,
  });
  expect(html).not.toContain('<script>alert');
  expect(html).not.toContain(evil);
  expect(html).toContain('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39; &amp;amp;');
  expect(html.match(/<script>/g)).toHaveLength(1);
});

test('nothing is loaded from anywhere', async () => {
  const html = await page([put('a.rttm', wrong)], put('ref.rttm', reference));
  expect(html).toContain(`content="default-src 'none';`);
  expect(html).not.toMatch(/https?:|src=|href=|@import|url\((?!#)/);
});

test('what is not scored is shaded', async () => {
  const [hypothesis, ref] = [put('a.rttm', wrong), put('ref.rttm', reference)];
  const shades = (html: string) => html.match(/class="unscored" x=/g)?.length ?? 0;
  expect(shades(await page([hypothesis], ref))).toBe(0);
  expect(shades(await page([hypothesis], ref, { collar: 1 }))).toBe(4); // around 0, 8, 10 and 18
});

test('a recording without hypothesis is shown as all missed, and said so', async () => {
  let said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
  const ref = join(folder, 'ref.rttm');
  writeFileSync(
    ref,
    readFileSync(put('r1', reference, 'one'), 'utf8') + readFileSync(put('r2', reference, 'two'), 'utf8'),
  );
  const html = await page([put('a.rttm', reference, 'two')], ref);
  expect(said).toBe('1 not in a.rttm, shown as all missed: one\n');
  expect(html).toContain('Totals, 2 recordings');
  expect(html).toContain('<strong>50.00 %</strong>');
});

test('the page never replaces what it shows, and standard input is read once', async () => {
  const [hypothesis, ref] = [put('a.rttm', wrong), put('ref.rttm', reference)];
  const before = readFileSync(hypothesis, 'utf8');
  for (const output of [hypothesis, ref])
    await expect(compare([hypothesis], { ref, output })).rejects.toThrow(
      `Got the output ${output}, which is also read`,
    );
  expect(readFileSync(hypothesis, 'utf8')).toBe(before);
  await expect(compare([hypothesis], { ref, output: join(folder, 'page.rttm') })).rejects.toThrow('name it .html');
  await expect(page(['-', '-'], ref)).rejects.toThrow("Got '-' twice");
  await expect(page(['-'], '-')).rejects.toThrow("Got '-' twice");
});

test('each file that a glob means is a hypothesis', async () => {
  put('h1.rttm', wrong);
  put('h2.rttm', reference);
  put('ref-1.rttm', reference);
  const html = await page([join(folder, 'h*.rttm')], join(folder, 'ref-*.rttm'));
  expect(html).toContain('<th scope="row">h1.rttm</th><td><strong>40.00 %</strong></td>');
  expect(html).toContain('<th scope="row">h2.rttm</th><td><strong>0.00 %</strong></td>');
});
