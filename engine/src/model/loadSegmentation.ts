import { ModelError } from '../core/errors.ts';
import type { ModelFiles, ResolvedModel } from './manifest.ts';
import { withFoldedSpectrum } from './onnx/foldedSpectrum.ts';
import { identifySegmentation } from './roles.ts';
import type { Runtime } from './runtime.ts';
import { type SegmentationModel, segmentationModel } from './segmentation.ts';

/** The segmentation network of a model: all that voice activity detection needs. */
export async function loadSegmentation(
  { manifest, files: paths }: ResolvedModel,
  runtime: Runtime,
  files: ModelFiles,
): Promise<SegmentationModel> {
  const bytes = await files.bytes('segmentation');
  const folded = foldedIfSound(bytes);
  const source = folded === bytes ? await files.source('segmentation') : { bytes: folded, name: paths.segmentation };
  const session = await runtime.load(source);
  const graph = identifySegmentation(session, paths.segmentation);
  const sets = manifest.powerset ?? graph.powerset;
  return segmentationModel(session, {
    sampleRate: manifest.sampleRate,
    chunkDuration: manifest.windowDuration,
    ...(sets ?? { numSpeakers: graph.numClasses, maxSimultaneous: 0 }),
  });
}

/** What can't be read is left to the runtime, which says what is wrong with it. */
function foldedIfSound(bytes: Uint8Array): Uint8Array {
  try {
    return withFoldedSpectrum(bytes);
  } catch (error) {
    if (error instanceof ModelError) return bytes;
    throw error;
  }
}
