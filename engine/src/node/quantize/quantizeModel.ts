import { ModelError } from '../../core/errors.ts';
import {
  compareEmbeddings,
  compareScores,
  type EmbeddingAccuracy,
  type ScoreAccuracy,
} from '../../model/onnx/accuracy.ts';
import { calibrationModel, type Int8Options, quantizeInt8, type Range } from '../../model/onnx/int8.ts';
import { storeFp16 } from '../../model/onnx/storeFp16.ts';
import type { Runtime } from '../../model/runtime.ts';
import { type ModelProbe, probeModel, runOn } from './modelProbe.ts';

/**
 * A smaller model and how much it differs on the user's own sound. Eight bits need ranges, which are measured on every
 * other window; the report is of the windows in between, which the ranges have not seen.
 */
export interface QuantizedModel {
  readonly model: Uint8Array;
  readonly report?: QuantizationReport;
}

export interface QuantizationReport {
  readonly numWindows: number;
  readonly embeddings?: EmbeddingAccuracy;
  readonly scores?: ScoreAccuracy;
  readonly medianMsBefore: number;
  readonly medianMsAfter: number;
}

export interface QuantizeOptions extends Int8Options {
  readonly to: 'fp16' | 'int8';
  /** Sound to calibrate and report on; see soundWindows. */
  readonly windows?: readonly Float32Array[];
}

export async function quantizeModel(
  bytes: Uint8Array,
  runtime: Runtime,
  { to, windows = [], ...options }: QuantizeOptions,
): Promise<QuantizedModel> {
  if (to === 'fp16' && windows.length < 2) return { model: storeFp16(bytes) };
  if (to === 'int8' && windows.length < 4)
    throw new RangeError(
      `Got ${windows.length} windows of sound; 8 bits take their ranges from four or more (40 seconds, better minutes).`,
    );
  const probe = await probeModel(bytes, runtime);
  const seen = windows.filter((_, i) => i % 2 === 0);
  const unseen = to === 'int8' ? windows.filter((_, i) => i % 2 === 1) : windows;
  const model =
    to === 'int8' ? quantizeInt8(bytes, await measure(bytes, runtime, probe, seen), options) : storeFp16(bytes);
  return { model, report: await compare(bytes, model, runtime, probe, unseen) };
}

async function measure(
  bytes: Uint8Array,
  runtime: Runtime,
  { feeds }: ModelProbe,
  windows: readonly Float32Array[],
): Promise<Map<string, Range>> {
  const { model, tensors } = calibrationModel(bytes);
  const session = await runtime.load({ bytes: model, name: 'the calibration model' });
  const ranges = new Map<string, Range>();
  for (const window of windows) {
    const outputs = await session.run(feeds(window));
    for (const { name, lowOutput, highOutput } of tensors) {
      const [low, high] = [lowOutput, highOutput].map((output) => Number(outputs[output].data[0]));
      const so = ranges.get(name) ?? { low, high };
      ranges.set(name, { low: Math.min(so.low, low), high: Math.max(so.high, high) });
    }
  }
  await session.release();
  return ranges;
}

async function compare(
  before: Uint8Array,
  after: Uint8Array,
  runtime: Runtime,
  probe: ModelProbe,
  windows: readonly Float32Array[],
): Promise<QuantizationReport> {
  const [was, is] = [await loadAndRun(before, 'the model'), await loadAndRun(after, 'the quantized model')];
  if (was.width !== is.width) throw new ModelError('model_invalid', 'The quantized model gives another shape.');
  const embeddings = probe.gives === 'embeddings';
  return {
    numWindows: windows.length,
    embeddings: embeddings ? compareEmbeddings(was.rows, is.rows, was.width) : undefined,
    scores: embeddings ? undefined : compareScores(was.rows, is.rows, was.width),
    medianMsBefore: was.medianMs,
    medianMsAfter: is.medianMs,
  };

  async function loadAndRun(bytes: Uint8Array, name: string): ReturnType<typeof runOn> {
    const session = await runtime.load({ bytes, name });
    try {
      return await runOn(windows, session, probe);
    } finally {
      await session.release();
    }
  }
}
