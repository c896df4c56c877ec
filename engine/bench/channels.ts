// The matrix of docs/channels.md: `node engine/bench/channels.ts [kind …]`. Codings are ffmpeg's, which must be installed.
import { spawnSync } from 'node:child_process';
import { type AnalyzeOptions, analyzeChannels, type ChannelAnalysis } from '../src/channels/analysis.ts';
import { type Codec, channelCases, KIND_NAMES, muLaw, RATE, verdictText } from './channelCases.ts';

const CODECS: Readonly<Record<string, Codec | undefined>> = {
  none: undefined,
  'µ-law': muLaw,
  'opus 24k': ffmpeg('ogg', ['-c:a', 'libopus', '-b:a', '24k']),
  'mp3 32k': ffmpeg('mp3', ['-c:a', 'libmp3lame', '-b:a', '32k']),
};

function ffmpeg(container: string, coding: readonly string[]): Codec {
  return (samples) => {
    const raw = ['-f', 'f32le', '-ar', String(RATE), '-ac', '1'];
    const run = (args: readonly string[], input: Uint8Array): Buffer => {
      const { stdout, status, stderr } = spawnSync('ffmpeg', ['-v', 'error', ...args], { input, maxBuffer: 2 ** 28 });
      if (status !== 0) throw new Error(String(stderr));
      return stdout;
    };
    const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
    const coded = run([...raw, '-i', 'pipe:0', ...coding, '-f', container, 'pipe:1'], bytes);
    const back = run(['-i', 'pipe:0', ...raw, 'pipe:1'], coded);
    const out = new Float32Array(samples.length);
    out.set(
      new Float32Array(back.buffer.slice(back.byteOffset, back.byteOffset + (back.length & ~3))).subarray(
        0,
        out.length,
      ),
    );
    return out;
  };
}

export function analyzeSamples(
  channels: readonly Float32Array[],
  options: AnalyzeOptions = {},
): Promise<ChannelAnalysis> {
  async function* blocks(): AsyncGenerator<readonly Float32Array[]> {
    for (let at = 0; at < channels[0].length; at += 65536)
      yield channels.map((channel) => channel.slice(at, at + 65536));
  }
  return analyzeChannels({ sampleRate: RATE, numChannels: channels.length, blocks: blocks() }, options);
}

async function main(kinds: readonly string[]): Promise<void> {
  const table = new Map<string, { right: number; all: number; merges: number }>();
  let [right, all, merges] = [0, 0, 0];
  for (const one of channelCases(CODECS, { kinds, coder: CODECS['opus 24k']! })) {
    const { verdicts, pairs } = await analyzeSamples(one.channels);
    const found = verdicts.map(verdictText);
    const ok = found.join() === one.expected.join();
    const merged = found.some((verdict, i) => one.expected[i] === 'distinct' && verdict !== 'distinct');
    const row = table.get(one.kind) ?? { right: 0, all: 0, merges: 0 };
    table.set(one.kind, { right: row.right + Number(ok), all: row.all + 1, merges: row.merges + Number(merged) });
    right += Number(ok);
    merges += Number(merged);
    all++;
    if (all % 20 === 0) console.error(`${all} files, ${right} right`);
    if (!ok)
      console.error(
        `WRONG ${one.name}: ${found.join(', ')} for ${one.expected.join(', ')} ${JSON.stringify(pairs)} ${verdicts.map(({ thresholdDb, floorDb, speech }) => `${floorDb}/${thresholdDb}/${speech}`).join(' ')}`,
      );
  }
  console.log('| kind | files | right | false merges |\n|---|---|---|---|');
  for (const [kind, row] of table) console.log(`| ${kind} | ${row.all} | ${row.right} | ${row.merges} |`);
  console.log(`| all | ${all} | ${right} (${((100 * right) / all).toFixed(1)} %) | ${merges} |`);
}

if (import.meta.main) await main(process.argv.length > 2 ? process.argv.slice(2) : KIND_NAMES);
