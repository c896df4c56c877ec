import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, loadavg, platform, release, totalmem } from 'node:os';

/** What a figure was measured on: without it a figure says nothing. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly system: string;
  /** Mean number of processes that wanted a core in the last minute, before we began. */
  readonly load: number;
  readonly versions: Readonly<Record<string, string>>;
}

export function machine(): Machine {
  return {
    cpu: cpus()[0].model.trim(),
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    system: `${platform()} ${release()}`,
    load: loadavg()[0],
    versions: {
      diarist: versionIn('../package.json'),
      node: process.versions.node,
      'onnxruntime-node': packageVersion('onnxruntime-node'),
    },
  };
}

export function describeMachine({ cpu, cores, memoryGib, system, load, versions }: Machine): string {
  const software = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${cores} cores of ${cpu}, ${memoryGib} GiB, ${system}; load before: ${load.toFixed(2)}\n${software.join(', ')}`;
}

function packageVersion(name: string): string {
  return versionIn(createRequire(import.meta.url).resolve(`${name}/package.json`));
}

function versionIn(path: string): string {
  return (JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string }).version;
}
