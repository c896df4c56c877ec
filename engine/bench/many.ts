import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { timeCommand } from './command.ts';
import { describeMachine, machine } from './machine.ts';
import { short, table } from './table.ts';

/**
 * Many recordings at once: files a second by how many are worked on at a time.
 *
 *   node engine/bench/many.ts FILE… [--jobs 1,2,4] [-- diarist's own flags]
 *
 * One command for all of them, which writes an RTTM each; networks are loaded once.
 */
const { values, positionals: files } = parseArgs({
  allowPositionals: true,
  options: { jobs: { type: 'string', default: '1,2,4' } },
});
if (files.length === 0) throw new RangeError('Which recordings? node engine/bench/many.ts FILE…');
console.log(`${files.length} recordings\n${describeMachine(machine())}\n`);
const rows = values.jobs.split(',').map((jobs) => {
  const out = mkdtempSync(join(tmpdir(), 'many-'));
  const { wall, cpu } = timeCommand([...files, '--jobs', jobs, '--format', 'rttm', '--output', `${out}/`, '--quiet']);
  rmSync(out, { recursive: true });
  return [jobs, `${short(wall)} s`, `${short(files.length / wall)}`, `${short(cpu)} s`, short(cpu / wall)];
});
console.log(table(['jobs', 'time', 'files a second', 'CPU', 'cores busy'], rows));
