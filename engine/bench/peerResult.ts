/** What a contestant of bench/peers.ts prints when it has run once: one line of JSON, whatever it is written in. */
export interface PeerResult {
  /** Seconds from the recording on disk to its turns, networks loaded. */
  readonly wall: number;
  readonly cpu: number;
  /** Seconds to load libraries and networks. */
  readonly load: number;
  readonly peakMib: number;
  readonly turns: readonly (readonly [start: number, end: number, speaker: string])[];
  readonly versions: Readonly<Record<string, string>>;
}

export function writePeerResult({
  started,
  loaded,
  cpuBefore,
  turns,
  versions,
}: {
  readonly started: number;
  readonly loaded: number;
  readonly cpuBefore: NodeJS.CpuUsage;
  readonly turns: readonly (readonly [start: number, end: number, speaker: string])[];
  readonly versions: Readonly<Record<string, string>>;
}): void {
  const { user, system } = process.cpuUsage(cpuBefore);
  const result: PeerResult = {
    wall: (performance.now() - loaded) / 1000,
    cpu: (user + system) / 1e6,
    load: (loaded - started) / 1000,
    peakMib: Math.round(process.resourceUsage().maxRSS / 1024),
    turns,
    versions,
  };
  console.log(JSON.stringify(result));
}
