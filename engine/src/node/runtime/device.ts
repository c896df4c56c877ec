import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { InferenceError } from '../../core/errors.ts';
import { nearest } from '../../core/nearest.ts';
import { DATA_TYPE, makeModel, makeNode, makeValue, writeModel } from '../../model/onnx/proto.ts';
import { modelEnvironment } from '../models/environment.ts';
import { DEVICES, type Device } from './devices.ts';
import { graphCache } from './graphCache.ts';
import { createPool, type WorkerPool } from './pool.ts';

/** onnxruntime's names for them. */
const PROVIDERS: Readonly<Record<Exclude<Device, 'auto'>, string>> = {
  cpu: 'cpu',
  cuda: 'cuda',
  coreml: 'coreml',
  directml: 'dml',
  webgpu: 'webgpu',
};

export interface RuntimeOptions {
  readonly device: Device;
  /** Inference threads; a GPU is fed by one. */
  readonly threads: number;
}

/** Starts a runtime on a device. A device that is asked for by name and does not work is an InferenceError. */
export async function createRuntime({ device, threads }: RuntimeOptions): Promise<WorkerPool> {
  if (!DEVICES.includes(device)) throw new RangeError(unknownDevice(device));
  if (!(Number.isInteger(threads) && threads >= 1))
    throw new RangeError(`Got ${threads} threads when a whole number from 1 was expected.`);
  if (device === 'cpu') return cpuPool(threads);
  if (device !== 'auto') return probed(device);
  if (!cudaInstalled()) return cpuPool(threads);
  return probed('cuda').catch(() => cpuPool(threads));
}

function cpuPool(numWorkers: number): WorkerPool {
  return createPool({
    device: 'cpu',
    numWorkers,
    providers: ['cpu'],
    threads: 1,
    allowWasm: true,
    blockedLayout: process.arch === 'x64', // where it was measured
    cache: graphCache(join(modelEnvironment().modelsDir, '.graphs')),
  });
}

/** A pool on a device that has run a network, be it the smallest there is. */
async function probed(device: Exclude<Device, 'auto' | 'cpu'>): Promise<WorkerPool> {
  const providers = [PROVIDERS[device]];
  const pool = createPool({ device, numWorkers: 1, providers, threads: 1, allowWasm: false });
  try {
    const session = await pool.load({ bytes: identity(), name: 'the probe' });
    await session.run({ x: { type: 'float32', data: new Float32Array(1), dims: [1] } });
    await session.release();
    return pool;
  } catch (error) {
    await pool.close();
    throw new InferenceError(
      'device_unavailable',
      `The device ${device} does not work on this machine (${firstLine(error)}): use --device cpu, or auto.`,
      { cause: error },
    );
  }
}

/** y = x, for one number. */
function identity(): Uint8Array {
  const { float } = DATA_TYPE;
  return writeModel(
    makeModel(
      {
        nodes: [makeNode('Identity', ['x'], ['y'])],
        initializers: [],
        inputs: [makeValue('x', float, [1])],
        outputs: [makeValue('y', float, [1])],
        values: [],
        rest: [],
      },
      13,
    ),
  );
}

/** The CUDA provider is a library of its own, which is not installed with the package (docs/adr/0001-foundations.md). */
function cudaInstalled(): boolean {
  try {
    const root = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
    const folder = join(root, 'bin', 'napi-v6', process.platform, process.arch);
    return existsSync(join(folder, 'libonnxruntime_providers_cuda.so'));
  } catch {
    return false;
  }
}

function unknownDevice(device: string): string {
  const close = nearest(device, DEVICES);
  return `Got device '${device}' when one of ${DEVICES.join(', ')} was expected.${close ? ` Did you mean '${close}'?` : ''}`;
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const cause = message.replace(/^the probe could not be loaded as an ONNX model: /, '');
  return cause.split('\n', 1)[0].slice(0, 200);
}
