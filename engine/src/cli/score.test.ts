import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { score, scoreCommand } from './score.ts';

let folder: string;
let said: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'diarist-score-'));
  said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

function put(name: string, text: string): string {
  const file = join(folder, name);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const turn = (uri: string, start: number, duration: number, speaker: string): string =>
  `SPEAKER ${uri} 1 ${start} ${duration} <NA> <NA> ${speaker} <NA> <NA>\n`;

async function run(reference: string, hypothesis: string, options: Parameters<typeof score>[2] = {}): Promise<string> {
  const output = join(folder, 'out');
  await score(reference, hypothesis, { ...options, output });
  return readFileSync(output, 'utf8');
}

// a: 10 s, of which 2 missed and 1 false alarm. b: 20 s, all right. c: no hypothesis. d: no reference.
function corpus(): [reference: string, hypothesis: string] {
  put('ref/a.rttm', turn('a', 0, 10, 'Anna'));
  put('ref/bc.rttm', turn('b', 0, 20, 'Bob') + turn('c', 0, 10, 'Cleo'));
  put('hyp/all.rttm', turn('a', 2, 9, 'x') + turn('b', 0, 20, 'y') + turn('d', 0, 5, 'z'));
  return [join(folder, 'ref'), join(folder, 'hyp')];
}

test('a folder against a file of many recordings: durations are summed, what is missing counts as missed', async () => {
  const report = JSON.parse(await run(...corpus(), { json: true }));
  expect(report.files.map(({ uri, der }: { uri: string; der: number }) => [uri, der])).toEqual([
    ['a', 0.3],
    ['b', 0],
    ['c', 1],
  ]);
  expect(report.total).toMatchObject({
    files: 3,
    der: 13 / 40,
    total: 40,
    correct: 28,
    missedDetection: 12,
    falseAlarm: 1,
    confusion: 0,
  });
  expect(report).toMatchObject({ withoutHypothesis: ['c'], withoutReference: ['d'], outsideUem: [] });
  expect(report.files[2]).toMatchObject({ hypothesis: 'missing', missedDetection: 10 });
  expect(said).toBe('1 without hypothesis, counted as all missed: c\n1 without reference, not scored: d\n');
});

test('--missing ignore leaves out, --missing error stops', async () => {
  const paths = corpus();
  const report = JSON.parse(await run(...paths, { json: true, missing: 'ignore' }));
  expect(report.total).toMatchObject({ files: 2, der: 0.1 });
  await expect(run(...paths, { missing: 'error' })).rejects.toThrow('Got recordings without partner: c, d.');
});

test('the table has a row a file and the total, in percent', async () => {
  expect(await run(...corpus(), { perFile: true, metric: ['der', 'jer'] })).toBe(
    [
      'file              der %  miss %  false alarm %  confusion %  speech s   jer %',
      'a                 30.00   20.00          10.00         0.00     10.00   27.27',
      'b                  0.00    0.00           0.00         0.00     20.00    0.00',
      'c                100.00  100.00           0.00         0.00     10.00  100.00',
      'TOTAL (3 files)   32.50   30.00           2.50         0.00     40.00   42.42',
      '',
    ].join('\n'),
  );
});

test('CSV holds rates and components to full precision', async () => {
  const rows = (await run(...corpus(), { csv: true, metric: ['der', 'speaker-count-error'] })).split('\n');
  expect(rows[0]).toBe(
    'file,der,der.total,der.correct,der.confusion,der.falseAlarm,der.missedDetection,speaker-count-error,speaker-count-error.error,speaker-count-error.files',
  );
  expect(rows[1]).toBe('a,0.3,10,8,0,1,2,0,0,1');
  expect(rows[4]).toBe(`TOTAL,0.325,40,28,0,1,12,${1 / 3},1,3`);
});

test('a UEM, given as a folder, limits what is scored and names what it leaves out', async () => {
  put('uem/a.uem', 'a 1 0.000 4.000\n');
  put('uem/b.uem', 'b 1 0.000 10.000\n');
  const report = JSON.parse(await run(...corpus(), { json: true, uem: [join(folder, 'uem')] }));
  expect(report.total).toMatchObject({ files: 2, total: 14, missedDetection: 2, falseAlarm: 0 });
  expect(report.outsideUem).toEqual(['c']);
});

test('the bootstrap gives an interval of the total', async () => {
  const report = JSON.parse(await run(...corpus(), { json: true, bootstrap: 500 }));
  expect(report.confidence.share).toBe(0.9);
  expect(report.confidence.der.center).toBe(13 / 40);
  expect(report.confidence.der.low).toBeLessThan(13 / 40);
  expect(report.confidence.der.high).toBeGreaterThan(13 / 40);
  expect(await run(...corpus(), { bootstrap: true })).toMatch(/90 % interval {2,}\d+\.\d\d–\d+\.\d\d/);
});

test('two files of one recording each are compared though their names differ', async () => {
  const [reference, hypothesis] = [put('r.rttm', turn('a', 0, 10, 'A')), put('h.rttm', turn('b', 0, 5, 'x'))];
  expect(JSON.parse(await run(reference, hypothesis, { json: true })).total.der).toBe(0.5);
  expect(said).toBe('a is compared with b: the names differ\n');
});

test('an empty hypothesis is all missed, an empty reference all false alarm', async () => {
  const [some, none] = [put('a.rttm', turn('a', 0, 10, 'A')), put('empty/a.rttm', '')];
  expect(JSON.parse(await run(some, none, { json: true })).total).toMatchObject({ der: 1, missedDetection: 10 });
  expect(JSON.parse(await run(none, some, { json: true })).total).toMatchObject({ der: 1, falseAlarm: 10 });
});

test('words are scored from transcripts of any format', async () => {
  const reference = put('r.stm', 'm 1 A 0 4 good morning all\nm 1 B 4 6 good morning\nm 1 A 6 8 shall we start\n');
  const hypothesis = put('h.stm', 'm 1 x 0 3 Good morning\nm 1 y 3 6 good morning, shall\nm 1 x 6 8 we start.\n');
  const report = JSON.parse(
    await run(reference, hypothesis, { json: true, metric: ['cpwer', 'wder'], normalize: true }),
  );
  expect(report.total).toMatchObject({ cpwer: 3 / 8, wder: 1 / 7 });
});

test('turns without words are no transcript to score', async () => {
  const [turns, words] = [put('t.rttm', turn('m', 0, 8, 'A')), put('w.stm', 'm 1 A 0 4 good morning\n')];
  for (const metric of ['cpwer', 'wder']) {
    await expect(run(turns, words, { metric: ['der', metric] })).rejects.toThrow('no turn of the reference has a word');
    await expect(run(words, turns, { metric: [metric] })).rejects.toThrow('no turn of the hypothesis has a word');
  }
  const nothing = put('empty/m.stm', '');
  expect(JSON.parse(await run(words, nothing, { json: true, metric: ['cpwer'] })).total).toMatchObject({ cpwer: 1 });
});

test('an unknown metric is refused with the nearest, a broken line with its place', async () => {
  await expect(run(...corpus(), { metric: ['jerr'] })).rejects.toThrow("Did you mean 'jer'?");
  const broken = put('broken.rttm', `${turn('a', 0, 1, 'A')}SPEAKER a 1 x 1 <NA> <NA> A <NA> <NA>\n`);
  await expect(run(broken, broken)).rejects.toThrow(`${broken}:2: `);
  await expect(run(join(folder, 'nowhere'), broken)).rejects.toThrow('there is no such file');
});

test('a folder of label tracks is read, each by the name before its whole ending; other text is left alone', async () => {
  put('ref/x.rttm', turn('x', 0, 10, 'A'));
  put('ref/y.rttm', turn('y', 0, 10, 'A'));
  put('hyp/x.audacity.txt', '0\t10\tA\n');
  put('hyp/y.audacity.txt', '0\t5\tA\n');
  put('hyp/README.TXT', 'none of these\n');
  const report = JSON.parse(await run(join(folder, 'ref'), join(folder, 'hyp'), { json: true }));
  expect(report.files.map(({ uri, der }: { uri: string; der: number }) => [uri, der])).toEqual([
    ['x', 0],
    ['y', 0.5],
  ]);
  expect(said).toBe('');
});

test('the scores never replace what was scored, not even through a link', async () => {
  const text = turn('a', 0, 10, 'A');
  const [reference, hypothesis, uem] = [put('ref/a.rttm', text), put('h.rttm', text), put('a.uem', 'a 1 0 5\n')];
  const link = join(folder, 'link.rttm');
  symlinkSync(hypothesis, link);
  for (const output of [reference, hypothesis, link, uem]) {
    const asked = score(join(folder, 'ref'), hypothesis, { output, json: true, uem: [uem] });
    await expect(asked, output).rejects.toThrow(
      `Got the output ${output}, which is also read and would be lost: name another file.`,
    );
  }
  expect([readFileSync(reference, 'utf8'), readFileSync(hypothesis, 'utf8')]).toEqual([text, text]);
});

test('standard input is read once', async () => {
  await expect(run('-', '-')).rejects.toThrow("Got '-' twice, and standard input can be read once: name a file.");
  await expect(run(put('r.rttm', ''), '-', { uem: ['-'] })).rejects.toThrow(RangeError);
});

test("the output's name says CSV or JSON as the options do; the table goes to other names, but to no other ending", async () => {
  const paths = corpus();
  const named = async (name: string) => {
    const output = join(folder, name);
    await score(...paths, { output });
    return readFileSync(output, 'utf8');
  };
  expect(await named('a.csv')).toBe(await run(...paths, { csv: true }));
  expect(await named('a.JSON')).toBe(await run(...paths, { json: true }));
  expect(await named('a.txt')).toBe(await run(...paths));
  const output = join(folder, 'a.docx');
  await expect(score(...paths, { output })).rejects.toThrow(
    `Can't tell the format from '${output}': say --json or --csv, or name it .txt, .csv or .json.`,
  );
  await score(...paths, { output, csv: true });
  expect(readFileSync(output, 'utf8')).toBe(await run(...paths, { csv: true }));
});

test('a glob that the shell left alone means all files that it matches, as a folder does', async () => {
  const [ref, hyp] = corpus();
  const report = await run(ref, hyp, { json: true });
  expect(await run(join(ref, '*.rttm'), join(hyp, 'a*.rttm'), { json: true })).toBe(report);
  put('uem/a.uem', 'a 1 0 4\n');
  put('uem/b.uem', 'b 1 0 10\n');
  const uem = JSON.parse(await run(ref, hyp, { json: true, uem: [join(folder, 'uem/?.uem')] }));
  expect(uem.total).toMatchObject({ files: 2, total: 14 });
});

test('options that would change nothing, or whose result the format has no place for, are refused', async () => {
  const [reference, hypothesis] = corpus();
  for (const [options, complaint] of [
    [{ confidence: 0.5 }, 'Got --confidence, which only --bootstrap has.'],
    [{ seed: 3 }, 'Got --seed, which only --bootstrap has.'],
    [{ bootstrap: true, csv: true }, 'Got --bootstrap, and CSV has no place for intervals'],
    [{ normalize: true, metric: ['der'] }, 'Got --normalize, which only cpwer and wder have.'],
  ] as const)
    await expect(run(reference, hypothesis, options)).rejects.toThrow(complaint);
});

test('the table says which share an interval holds, 99.5 % too', async () => {
  expect(await run(...corpus(), { bootstrap: 20, confidence: 0.995 })).toContain('\n99.5 % interval ');
  expect(await run(...corpus(), { bootstrap: 20, confidence: 0.57 })).toContain('\n57 % interval ');
});

test('a name with its ü taken apart, as macOS names files, is the same name; in a UEM too', async () => {
  const [together, apart] = ['Z\u00fcrich', 'Zu\u0308rich'];
  put('ref/one.rttm', turn(together, 0, 10, 'A') + turn('b', 0, 10, 'A'));
  put(`hyp/${apart}.lab`, '0 8 x\n');
  put('hyp/b.lab', '0 10 x\n');
  const uem = put('all.uem', `${apart} 1 0 5\nb 1 0 5\n`);
  const report = JSON.parse(await run(join(folder, 'ref'), join(folder, 'hyp'), { json: true, uem: [uem] }));
  expect([report.withoutHypothesis, report.outsideUem, report.total.der, report.total.total]).toEqual([[], [], 0, 10]);
});

test('RTTM and UEM that have _ for the blanks of a name are of that recording', async () => {
  const reference = put('ref.rttm', turn('my_talk', 0, 10, 'A') + turn('b', 0, 10, 'A'));
  put('hyp/my talk.lab', '0 8 x\n');
  put('hyp/b.lab', '0 10 x\n');
  const report = JSON.parse(await run(reference, join(folder, 'hyp'), { json: true }));
  expect([report.withoutHypothesis, report.total.der]).toEqual([[], 0.1]);
  const uem = [put('all.uem', 'my_talk 1 0 5\n')];
  const lab = put('ref/my talk.lab', '0 10 A\n');
  const part = JSON.parse(await run(lab, join(folder, 'hyp', 'my talk.lab'), { json: true, uem }));
  expect([part.outsideUem, part.total.total]).toEqual([[], 5]);
});

test('metrics are named with commas, one by one, or both; one that is named twice is told once', async () => {
  const output = join(folder, 'out.json');
  const args = [...corpus(), '--metric', 'der, jer,', '--metric', 'purity', '--metric', 'der', '-o', output];
  await scoreCommand().parseAsync(args, { from: 'user' });
  expect(JSON.parse(readFileSync(output, 'utf8')).options.metrics).toEqual(['der', 'jer', 'purity']);
  const none = scoreCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  await expect(none.parseAsync([...corpus(), '--metric', ' '], { from: 'user' })).rejects.toThrow('Expected names');
});
