import { readFile } from 'node:fs/promises';
import { Command } from 'commander';
import { ModelError } from '../core/errors.ts';
import { openAudio } from '../node/decode/openAudio.ts';
import { type QuantizationReport, quantizeModel } from '../node/quantize/quantizeModel.ts';
import { soundWindows } from '../node/quantize/soundWindows.ts';
import { createRuntime } from '../node/runtime/device.ts';
import { writeWhole } from '../node/writeWhole.ts';

/**
 * `diarist models quantize model.onnx --int8 --audio meeting.mp3`: a smaller or faster version of a network, and how far
 * it is from the original on the sound given. Made only when asked for; nothing picks such a version by itself.
 */
interface QuantizeFlags {
  readonly fp16?: boolean;
  readonly int8?: boolean;
  readonly audio?: readonly string[];
  readonly output?: string;
  readonly windows: string;
  readonly narrowWeights?: boolean;
  readonly json?: boolean;
}

export interface QuantizeContext {
  readonly out?: (text: string) => void;
}

export function modelsQuantizeCommand({ out = (text) => process.stdout.write(text) }: QuantizeContext = {}): Command {
  return new Command('quantize')
    .description('make a smaller (--fp16) or faster (--int8) version of a network and report what it costs')
    .argument('<model.onnx>', 'a segmentation or embedding network, or a trunk')
    .option('--fp16', 'store weights as half precision, compute as before: half the file')
    .option('--int8', 'convolutions in 8 bits; needs --audio to take ranges from')
    .option('--audio <files...>', 'recordings like those it will hear')
    .option('-o, --output <file>', 'where to write it (default: model.fp16.onnx or model.int8.onnx)')
    .option('--windows <number>', 'at most so many stretches of 10 s are listened to', '60')
    .option('--narrow-weights', '7-bit weights, for x86 processors with AVX2 but not VNNI')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExample:\n  diarist models quantize embedding-trunk.onnx --int8 --audio meeting.mp3 call.wav',
    )
    .action((model: string, flags: QuantizeFlags) => quantize(model, flags, out));
}

async function quantize(path: string, flags: QuantizeFlags, out: (text: string) => void): Promise<void> {
  const { fp16 = false, int8 = false, audio = [], narrowWeights = false, json = false } = flags;
  if (fp16 === int8) throw new RangeError('Say one of --fp16 and --int8.');
  if (int8 && audio.length === 0)
    throw new RangeError('--int8 takes its ranges from sound: give recordings with --audio.');
  const most = Number(flags.windows);
  if (!Number.isInteger(most) || most < 4)
    throw new RangeError(`Got --windows ${flags.windows}; 4 or more are needed.`);
  const to = fp16 ? 'fp16' : 'int8';
  const output = flags.output ?? `${path.replace(/\.onnx$/i, '')}.${to}.onnx`;
  const bytes = await readModelFile(path);
  const windows: Float32Array[] = [];
  for (const file of audio) {
    const opened = await openAudio(file);
    try {
      windows.push(...(await soundWindows(opened, { most: Math.ceil(most / audio.length) })));
    } finally {
      await opened.close();
    }
  }
  const runtime = await createRuntime({ device: 'cpu', threads: 1 });
  try {
    const options = { to, windows, weightMax: narrowWeights ? 63 : 127 } as const;
    const { model, report } = await quantizeModel(bytes, runtime, options);
    await writeWhole(output, model);
    const sizes = { file: output, bytes: model.length, bytesBefore: bytes.length };
    out(json ? `${JSON.stringify({ ...sizes, report }, undefined, 2)}\n` : describe(sizes, report, to));
  } finally {
    await runtime.close();
  }
}

export async function readModelFile(path: string): Promise<Uint8Array> {
  return readFile(path).catch((cause: NodeJS.ErrnoException) => {
    throw new ModelError('model_missing', `Can't read the model ${path} (${cause.code}).`, { cause });
  });
}

interface Sizes {
  readonly file: string;
  readonly bytes: number;
  readonly bytesBefore: number;
}

function describe({ file, bytes, bytesBefore }: Sizes, report: QuantizationReport | undefined, to: string): string {
  const mb = (size: number): string => `${(size / 1e6).toFixed(2)} MB`;
  const lines = [`${file}: ${mb(bytes)}, before ${mb(bytesBefore)}`];
  if (!report) lines.push('No --audio was given, so what it costs was not measured.');
  else {
    const { numWindows, embeddings, scores, medianMsBefore, medianMsAfter } = report;
    const unseen = to === 'int8' ? ' that the ranges were not taken from' : '';
    lines.push(`On ${numWindows} stretches of 10 s${unseen}:`);
    if (embeddings) {
      const { cosine, centredCosine, distanceChange, sameNeighbour } = embeddings;
      const of = ({ mean, smallest }: typeof cosine): string => `${mean.toFixed(5)} mean, ${smallest.toFixed(5)} worst`;
      lines.push(`  cosine to the original      ${of(cosine)}`);
      lines.push(`  the same, mean removed      ${of(centredCosine)}`);
      lines.push(
        `  distance between stretches  changes by ${distanceChange.mean.toFixed(5)}, ${distanceChange.largest.toFixed(5)} at worst`,
      );
      lines.push(`  nearest stretch the same    ${percent(sameNeighbour)}`);
    }
    if (scores) {
      lines.push(`  largest change of a score   ${scores.largestChange.toFixed(4)}`);
      lines.push(`  frames of another class     ${percent(scores.changedFrames)} of ${scores.numFrames}`);
    }
    lines.push(`  time of a stretch, 1 thread ${medianMsAfter.toFixed(1)} ms, before ${medianMsBefore.toFixed(1)} ms`);
    lines.push('Diarize labelled recordings with both versions before relying on it.');
  }
  return `${lines.join('\n')}\n`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`;
}
