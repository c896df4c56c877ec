import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Command } from 'commander';
import { ModelError } from '../core/errors.ts';
import { inspectModel } from '../model/onnx/inspect.ts';
import { splitEmbedding } from '../model/onnx/split.ts';
import { splitUnweighted } from '../model/onnx/unweighted.ts';
import { floats, type Runtime, type Tensor } from '../model/runtime.ts';
import { probeModel } from '../node/quantize/modelProbe.ts';
import { createRuntime } from '../node/runtime/device.ts';
import { writeWhole } from '../node/writeWhole.ts';
import { readModelFile } from './modelsQuantize.ts';

/**
 * `diarist models split embedding.onnx`: the trunk and the head of a public embedding network as two files, which the
 * pipeline needs to run the trunk once a window (exact) or once a stretch (fast modes). The parts are run against the
 * whole before they are written.
 */
interface SplitFlags {
  readonly output?: string;
  readonly json?: boolean;
}

export interface SplitContext {
  readonly out?: (text: string) => void;
}

/** Role in a manifest → bytes. */
type Parts = Readonly<Partial<Record<'fbank' | 'embedding-trunk' | 'embedding-head', Uint8Array>>>;

export function modelsSplitCommand({ out = (text) => process.stdout.write(text) }: SplitContext = {}): Command {
  return new Command('split')
    .description('split an embedding network into a trunk and a head, so that the trunk runs once for all speakers')
    .argument('<model.onnx>', 'an embedding network, with an input for weights or without')
    .option('-o, --output <folder>', 'where to write the parts (default: beside the model)')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  diarist models split wespeaker-voxceleb-resnet34.onnx -o my-model')
    .action((model: string, flags: SplitFlags) => split(model, flags, out));
}

async function split(path: string, { output, json = false }: SplitFlags, out: (text: string) => void): Promise<void> {
  const bytes = await readModelFile(path);
  const { parts, cutAt } = splitAny(bytes);
  const runtime = await createRuntime({ device: 'cpu', threads: 1 });
  let difference: number;
  try {
    difference = await compareWithWhole(bytes, parts, runtime);
  } finally {
    await runtime.close();
  }
  if (!(difference < LARGEST_DIFFERENCE))
    throw new ModelError(
      'model_invalid',
      `The parts of ${path} give embeddings that differ by ${difference} of their size from the whole's; nothing was written.`,
    );
  const folder = output ?? dirname(path);
  await mkdir(folder, { recursive: true });
  const stem = basename(path).replace(/\.onnx$/i, '');
  const files: Record<string, string> = {};
  for (const [role, part] of Object.entries(parts)) {
    files[role] = join(folder, `${stem}-${role.replace('embedding-', '')}.onnx`);
    await writeWhole(files[role], part);
  }
  if (json) out(`${JSON.stringify({ files, cutAt, difference }, undefined, 2)}\n`);
  else {
    const lines = Object.entries(files).map(([role, file]) => {
      const { inputs, outputs, numParameters } = inspectModel(parts[role as keyof Parts]!);
      const tensors = [inputs, outputs].map((side) =>
        side.map(({ name, dims }) => `${name} [${dims.join(', ')}]`).join(', '),
      );
      return `${role.padEnd(15)} ${file}: ${tensors.join(' → ')}, ${numParameters.toLocaleString('en')} parameters`;
    });
    out(
      `${lines.join('\n')}\nCut at ${cutAt}. Trunk and head differ from the whole by ${difference} of an embedding.\n`,
    );
  }
}

/** Relative to the largest component. Equal graphs differ by nothing, a pooling of ours by single precision's rounding. */
const LARGEST_DIFFERENCE = 1e-4;

function splitAny(bytes: Uint8Array): { readonly parts: Parts; readonly cutAt: string } {
  if (inspectModel(bytes).inputs.length === 1) {
    const { trunk, head, cutAt } = splitUnweighted(bytes);
    return { parts: { 'embedding-trunk': trunk, 'embedding-head': head }, cutAt };
  }
  const { trunk, head, cutAt, frontEnd } = splitEmbedding(bytes);
  if (!frontEnd) return { parts: { 'embedding-trunk': trunk, 'embedding-head': head }, cutAt };
  return { parts: { fbank: frontEnd.fbank, 'embedding-trunk': frontEnd.trunk, 'embedding-head': head }, cutAt };
}

/** Largest difference on ten seconds of a rising tone in noise, relative to the embedding's largest component. */
async function compareWithWhole(bytes: Uint8Array, parts: Parts, runtime: Runtime): Promise<number> {
  const probe = await probeModel(bytes, runtime);
  const window = Float32Array.from(
    { length: 160_000 },
    (_, i) => 0.3 * Math.sin(i * (0.05 + i * 1e-6)) + 0.1 * Math.sin(i * i * 0.7),
  );
  const whole = probe.reduce(await run(bytes, probe.feeds(window))).data;
  const [sound, given] = Object.values(probe.feeds(window));
  const order = [parts.fbank, parts['embedding-trunk']].filter((part) => part !== undefined);
  let between = sound;
  for (const part of order) between = first(await run(part, { [inputsOf(part)[0]]: between }));
  const [features, weights] = inputsOf(parts['embedding-head']!);
  const ones = given ?? floats(new Float32Array(589).fill(1), [1, 589]);
  const ours = first(await run(parts['embedding-head']!, { [features]: between, [weights]: ones }))
    .data as Float32Array;
  const size = whole.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return whole.reduce((most, value, i) => Math.max(most, Math.abs(value - ours[i])), 0) / size;

  async function run(model: Uint8Array, feeds: Record<string, Tensor>): Promise<Record<string, Tensor>> {
    const session = await runtime.load({ bytes: model, name: 'a part of the model' });
    try {
      return await session.run(feeds);
    } finally {
      await session.release();
    }
  }
}

function inputsOf(model: Uint8Array): string[] {
  return inspectModel(model).inputs.map(({ name }) => name);
}

function first(outputs: Readonly<Record<string, Tensor>>): Tensor {
  return Object.values(outputs)[0];
}
