import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { timeCommand } from './command.ts';
import { describeMachine, machine } from './machine.ts';
import { median, short, table } from './table.ts';

/**
 * Who spoke when beside whether anybody spoke: the embedded model beside Silero's voice activity detection alone, both as
 * commands with one thread, in turns.
 *
 *   node engine/bench/yardstick.ts FILE --silero silero_vad.onnx [--runs 3]
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { silero: { type: 'string', default: 'silero' }, runs: { type: 'string', default: '3' } },
});
const [file] = positionals;
if (file === undefined) throw new RangeError('Which recording? node engine/bench/yardstick.ts FILE --silero FILE');

const quiet = ['--threads', '1', '--quiet', '--output', '-'];
const cases: readonly [name: string, args: readonly string[]][] = [
  ['silero', ['vad', file, '--model', values.silero, ...quiet]],
  ['diarist exact', [file, '--format', 'rttm', ...quiet]],
  ['diarist turbo', [file, '--format', 'rttm', '--speed', 'turbo', ...quiet]],
];
console.log(`${basename(file)}\n${describeMachine(machine())}\n`);
const times = cases.map((): number[] => []);
for (let run = 0; run < Number(values.runs); run++)
  cases.forEach(([, args], i) => {
    times[i].push(timeCommand(args).cpu);
  });
const rows = cases.map(([name], i) => {
  const ratios = times[i].map((time, run) => time / times[0][run]);
  return [name, `${short(median(times[i]))} s`, `${short(median(ratios))}×`];
});
console.log(table(['one thread', 'CPU, median', "of Silero's"], rows));
