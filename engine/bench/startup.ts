import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { timeCommand } from './command.ts';
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
const cases: readonly [name: string, args: readonly string[]][] = [
  ['diarist --version', ['--version']],
  [`diarist ${basename(file)}`, [file, '--format', 'rttm', '--output', '-', '--quiet', ...flags]],
];

console.log(`${describeMachine(machine())}\n`);
const rows = cases.map(([name, args]) => {
  timeCommand(args);
  const runs = Array.from({ length: Number(values.runs) }, () => timeCommand(args));
  const walls = runs.map(({ wall }) => wall);
  return [
    name,
    `${short(median(walls))} s`,
    `${short(Math.min(...walls))} to ${short(Math.max(...walls))} s`,
    `${short(median(runs.map(({ cpu }) => cpu)))} s`,
  ];
});
console.log(table(['command', 'median', 'spread', 'CPU'], rows));
