import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The built command (`npm run build`) as a whole process: seconds until it ended, and of CPU with all its threads. */
export interface CommandTime {
  readonly wall: number;
  readonly cpu: number;
}

const COMMAND = [process.execPath, join(import.meta.dirname, '../bin/diarist.js')];

export function timeCommand(args: readonly string[]): CommandTime {
  const started = performance.now();
  // `times` of the shell: user and system seconds of its children, on its second line
  const child = spawnSync('sh', ['-c', '"$@" >/dev/null && times', 'sh', ...COMMAND, ...args], { encoding: 'utf8' });
  const wall = (performance.now() - started) / 1000;
  if (child.status !== 0) throw new Error(child.stderr);
  const [, ofChildren] = child.stdout.trim().split('\n');
  const cpu = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + 60 * Number(minutes) + Number(seconds),
    0,
  );
  return { wall, cpu };
}
