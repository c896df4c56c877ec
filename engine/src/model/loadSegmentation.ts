import type { ModelFiles, ResolvedModel } from './manifest.ts';
import { identifySegmentation } from './roles.ts';
import type { Runtime } from './runtime.ts';
import { type SegmentationModel, segmentationModel } from './segmentation.ts';

/** The segmentation network of a model: all that voice activity detection needs. */
export async function loadSegmentation(
  { manifest, files: paths }: ResolvedModel,
  runtime: Runtime,
  files: ModelFiles,
): Promise<SegmentationModel> {
  const session = await runtime.load(await files.source('segmentation'));
  const graph = identifySegmentation(session, paths.segmentation);
  const sets = manifest.powerset ?? graph.powerset;
  return segmentationModel(session, {
    sampleRate: manifest.sampleRate,
    chunkDuration: manifest.windowDuration,
    ...(sets ?? { numSpeakers: graph.numClasses, maxSimultaneous: 0 }),
  });
}
