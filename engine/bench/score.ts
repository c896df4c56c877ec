// node engine/bench/score.ts PYTHON: diarist and pyannote.metrics 4.2.0 on the same 200 files of 30 minutes with 400
// turns each, one after the other in one run. PYTHON is an interpreter with pyannote.metrics==4.2.0; without it only
// diarist runs. Each side is a fresh process that reads RTTM files and scores them; start-up is not in the times. Times are CPU
// seconds of all threads, so that other work on the machine hardly matters.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readRecordings } from '../src/cli/recordings.ts';
import { writeRttm } from '../src/formats/index.ts';
import { RandomState } from '../src/math/random.ts';
import { metricById, pairByName, scoreCorpus } from '../src/metrics/index.ts';

const NUM_FILES = 200;
const NUM_TURNS = 400;
const LENGTH = 1800;
const METRICS = ['der', 'jer', 'purity', 'coverage'];
const COLLAR = 0.25;

interface Result {
  readonly read: number;
  /** Seconds a metric. */
  readonly score: Readonly<Record<string, number>>;
  readonly rates: Readonly<Record<string, number>>;
  readonly versions: string;
}

/** Meetings of 4 to 8 people, and what a system of about 15 % DER makes of them. */
function writeCorpus(folder: string): void {
  const random = new RandomState(1);
  const between = (low: number, high: number): number => low + (high - low) * random.random();
  for (const side of ['ref', 'hyp']) mkdirSync(join(folder, side));
  for (let file = 0; file < NUM_FILES; file++) {
    const uri = `meeting-${String(file).padStart(3, '0')}`;
    const numSpeakers = 4 + (file % 5);
    const speaker = (): string => `S${Math.floor(random.random() * numSpeakers)}`;
    const turns = Array.from({ length: NUM_TURNS }, (_, i) => {
      const start = (i * LENGTH) / NUM_TURNS + between(0, 1.5);
      return { start, end: Math.min(LENGTH, start + between(0.5, 6)), speaker: speaker() };
    });
    const found = turns.map(({ start, end, speaker: name }) => ({
      start: Math.max(0, start + between(-0.2, 0.2)),
      end: end + between(-0.2, 0.2),
      speaker: random.random() < 0.1 ? speaker() : name,
    }));
    writeFileSync(join(folder, 'ref', `${uri}.rttm`), writeRttm({ uri, turns }));
    writeFileSync(join(folder, 'hyp', `${uri}.rttm`), writeRttm({ uri, turns: found }));
  }
}

async function measure(folder: string): Promise<Result> {
  const start = cpuSeconds();
  const [references, hypotheses] = [
    await readRecordings(join(folder, 'ref')),
    await readRecordings(join(folder, 'hyp')),
  ];
  const files = pairByName(references, hypotheses).pairs.map(({ reference, hypothesis }) => ({
    uri: reference.uri!,
    reference: reference.annotation,
    hypothesis: hypothesis.annotation,
  }));
  const read = cpuSeconds() - start;
  const score: Record<string, number> = {};
  const rates: Record<string, number> = {};
  for (const id of METRICS) {
    const from = cpuSeconds();
    rates[id] = scoreCorpus(files, [metricById(id)], { collar: COLLAR }).total[0].rate;
    score[id] = cpuSeconds() - from;
  }
  return { read, score, rates, versions: `Node ${process.version}` };
}

function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function compare(python: string | undefined): void {
  const folder = mkdtempSync(join(tmpdir(), 'diarist-bench-'));
  try {
    writeCorpus(folder);
    const here = fileURLToPath(import.meta.url);
    const run = (program: string, args: string[]): Result =>
      JSON.parse(execFileSync(program, [...args, folder], { encoding: 'utf8' }));
    const ours = run(process.execPath, [here, '--measure']);
    const peer = python ? run(python, [fileURLToPath(new URL('peer_score.py', import.meta.url))]) : undefined;

    console.log(`${NUM_FILES} files of ${LENGTH / 60} minutes, ${NUM_TURNS} turns a side, collar ${COLLAR}`);
    console.log(`${cpus().length} × ${cpus()[0].model}; ${ours.versions}${peer ? `; ${peer.versions}` : ''}\n`);
    console.log('                 diarist    pyannote   times   rate');
    const line = (name: string, own: number, other: number | undefined, rate = ''): void => {
      const ratio = other === undefined ? '' : `${(other / own).toFixed(0)}×`;
      const seconds = (time: number | undefined): string =>
        (time === undefined ? '' : `${time.toFixed(3)} s`).padStart(11);
      console.log(`${name.padEnd(13)}${seconds(own)}${seconds(other)}${ratio.padStart(9)}   ${rate}`);
    };
    line('read RTTM', ours.read, peer?.read);
    for (const id of METRICS) line(id, ours.score[id], peer?.score[id], `${(100 * ours.rates[id]).toFixed(4)} %`);
    line('read + DER', ours.read + ours.score['der'], peer && peer.read + peer.score['der']);
    if (peer) {
      const off = Math.max(...METRICS.map((id) => Math.abs(ours.rates[id] - peer.rates[id])));
      console.log(`\nLargest difference of a rate: ${off.toExponential(1)}`);
      if (off > 1e-9) process.exitCode = 1;
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const [first, folder] = process.argv.slice(2);
if (first === '--measure') console.log(JSON.stringify(await measure(folder)));
else compare(first);
