import { spawnSync } from 'node:child_process';
import { basename } from 'node:path';
import { createResampler, type ResamplerKind } from '../src/audio/resample.ts';
import { openAudio } from '../src/node/decode/openAudio.ts';

/**
 * How fast and in how much memory recordings are decoded, each way there is; and with --compare, how far the ways are
 * apart. Every measurement is a process of its own, so that its peak memory is its own.
 *
 *   node engine/bench/decode.ts [--compare] [--resampler hq] FILE…
 *
 * "decode" is to the native rate, "to 16 kHz" is what the models get. FFmpeg's own memory, about 50 MB, is not counted.
 */
interface Measured {
  readonly decoder: string;
  readonly codec: string;
  readonly seconds: number;
  readonly audioSeconds: number;
  readonly peakMegabytes: number;
  readonly numSamples: number;
  readonly warnings: readonly string[];
}

async function measure(file: string, ffmpeg: boolean, sampleRate: number, resampler: ResamplerKind): Promise<Measured> {
  const probe = await openAudio(file, { ffmpeg });
  await probe.close();
  const started = performance.now();
  const rate = sampleRate || probe.source.sampleRate;
  const audio = await openAudio(file, { ffmpeg, sampleRate: rate, resampler });
  let numSamples = 0;
  for await (const block of audio.blocks) numSamples += block.length;
  return {
    decoder: audio.source.decoder,
    codec: audio.source.codec,
    seconds: (performance.now() - started) / 1000,
    audioSeconds: numSamples / rate,
    peakMegabytes: process.resourceUsage().maxRSS / 1024,
    numSamples,
    warnings: audio.warnings,
  };
}

function measureApart(file: string, way: string, rate: string, resampler: string): Measured | string {
  const child = spawnSync(process.execPath, [import.meta.filename, '--one', file, way, rate, resampler], {
    encoding: 'utf8',
  });
  return child.status === 0 ? (JSON.parse(child.stdout) as Measured) : child.stderr.trim();
}

/** Largest difference and signal-to-difference ratio of the two ways, sample by sample, at the native rate. */
async function compare(file: string): Promise<string> {
  const probe = await openAudio(file, { ffmpeg: true });
  await probe.close();
  const { sampleRate } = probe.source;
  const theirs = await openAudio(file, { ffmpeg: true, sampleRate });
  const ours = await openAudio(file, { ffmpeg: false, sampleRate });
  const a = theirs.blocks[Symbol.asyncIterator]();
  const b = ours.blocks[Symbol.asyncIterator]();
  let left = new Float32Array(0);
  let right = new Float32Array(0);
  let signal = 0;
  let error = 0;
  let largest = 0;
  let numSamples = 0;
  for (;;) {
    if (left.length === 0) {
      const { value, done } = await a.next();
      if (done) break;
      left = value as Float32Array<ArrayBuffer>;
    }
    if (right.length === 0) {
      const { value, done } = await b.next();
      if (done) break;
      right = value as Float32Array<ArrayBuffer>;
    }
    const length = Math.min(left.length, right.length);
    for (let i = 0; i < length; i++) {
      const difference = left[i] - right[i];
      signal += left[i] * left[i];
      error += difference * difference;
      largest = Math.max(largest, Math.abs(difference));
    }
    numSamples += length;
    left = left.subarray(length);
    right = right.subarray(length);
  }
  await theirs.close();
  await ours.close();
  const snr = error === 0 ? 'equal' : `${(10 * Math.log10(signal / error)).toFixed(1)} dB`;
  return `| ${basename(file)} | ${numSamples} | ${largest.toExponential(1)} | ${snr} |`;
}

function row(file: string, decode: Measured, whole: Measured): string {
  const factor = ({ audioSeconds, seconds }: Measured): string => `${Math.round(audioSeconds / seconds)}×`;
  const memory = Math.round(Math.max(decode.peakMegabytes, whole.peakMegabytes));
  const hours = (whole.audioSeconds / 3600).toFixed(1);
  return `| ${basename(file)} | ${decode.codec} | ${hours} h | ${decode.decoder} | ${factor(decode)} | ${factor(whole)} | ${memory} MB |`;
}

/** The resamplers alone: seconds of sound a second. */
function benchResamplers(): void {
  const second = Float32Array.from({ length: 44100 }, (_, i) => Math.sin(i / 7));
  console.log('\n| resampler | from | to 16 kHz |\n|---|---|---|');
  for (const kind of ['torchaudio', 'hq'] as const)
    for (const from of [8000, 44100, 48000]) {
      const resampler = createResampler(from, 16000, { kind });
      const started = performance.now();
      const numSeconds = 120;
      for (let i = 0; i < numSeconds; i++) resampler.push(second.subarray(0, Math.min(from, 44100)));
      const spent = (performance.now() - started) / 1000;
      console.log(`| ${kind} | ${from} Hz | ${Math.round((numSeconds * Math.min(from, 44100)) / from / spent)}× |`);
    }
}

const args = process.argv.slice(2);
if (args[0] === '--one') {
  const [, file, way, rate, resampler] = args;
  console.log(JSON.stringify(await measure(file, way === 'ffmpeg', Number(rate), resampler as ResamplerKind)));
} else if (args[0] === '--compare') {
  console.log('| file | samples | largest difference | ffmpeg to difference |\n|---|---|---|---|');
  for (const file of args.slice(1)) console.log(await compare(file));
} else {
  const hq = args[0] === '--resampler';
  console.log('| file | codec | length | path | decode | to 16 kHz | peak RSS |\n|---|---|---|---|---|---|---|');
  for (const file of hq ? args.slice(2) : args) {
    for (const way of ['ffmpeg', 'wasm']) {
      const decode = measureApart(file, way, '0', 'torchaudio');
      const whole = measureApart(file, way, '16000', hq ? args[1] : 'torchaudio');
      if (typeof decode === 'string' || typeof whole === 'string')
        console.log(`| ${basename(file)} | ${String(decode)} |`);
      else {
        console.log(row(file, decode, whole));
        if (decode.decoder === 'pcm') break;
      }
    }
  }
  benchResamplers();
}
