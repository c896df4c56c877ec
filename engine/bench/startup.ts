import { spawnSync } from 'node:child_process';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine, machine } from './machine.ts';
import { median, short, table } from './table.ts';

/**
 * The command from the Enter key to the last line of its answer, as a person waits for it:
 *
 *   node engine/bench/startup.ts FILE [--runs 10] [-- diarist's own flags]
 *
 * Runs the built command (`npm run build`), once unmeasured to warm the file caches. CPU is of the command and all its threads.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '10' } },
});
const [file, ...flags] = positionals;
if (file === undefined) throw new RangeError('Which recording? node engine/bench/startup.ts FILE');
const command = [process.execPath, join(import.meta.dirname, '../bin/diarist.js')];
const cases: readonly [name: string, args: readonly string[]][] = [
  ['diarist --version', ['--version']],
  [`diarist ${basename(file)}`, [file, '--format', 'rttm', '--output', '-', '--quiet', ...flags]],
];

interface Run {
  readonly wall: number;
  readonly cpu: number;
}

function runOnce(args: readonly string[]): Run {
  const started = performance.now();
  // `times` of the shell: user and system seconds of its children, on its second line
  const child = spawnSync('sh', ['-c', '"$@" >/dev/null && times', 'sh', ...command, ...args], { encoding: 'utf8' });
  const wall = (performance.now() - started) / 1000;
  if (child.status !== 0) throw new Error(child.stderr);
  const [, ofChildren] = child.stdout.trim().split('\n');
  const cpu = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds),
    0,
  );
  return { wall, cpu };
}

console.log(`${describeMachine(machine())}\n`);
const rows = cases.map(([name, args]) => {
  runOnce(args);
  const runs = Array.from({ length: Number(values.runs) }, () => runOnce(args));
  const walls = runs.map(({ wall }) => wall);
  return [
    name,
    `${short(median(walls))} s`,
    `${short(Math.min(...walls))} to ${short(Math.max(...walls))} s`,
    `${short(median(runs.map(({ cpu }) => cpu)))} s`,
  ];
});
console.log(table(['command', 'median', 'spread', 'CPU'], rows));
