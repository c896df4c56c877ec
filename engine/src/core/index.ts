// The algebra of time and speakers: what of this folder is exported, as diarist/core. docs/annotations.md explains it.

export { type Airtime, airtime, type SpeakerAirtime } from './airtime.ts';
export {
  type Annotation,
  addTurn,
  annotation,
  getLabels,
  getTimeline,
  removeTurns,
  sameAnnotation,
  subset,
  turnsOf,
  update,
} from './annotation.ts';
export { compareText } from './compareText.ts';
export { annotationOverlap, type CoOccurrence, coIterTurns, coOccurrence, coOccurrences } from './cooccurrence.ts';
export { type CropMode, crop, cropMapping, extrude } from './crop.ts';
export { cropAnnotation, extrudeAnnotation } from './cropAnnotation.ts';
export { alignFrames, cropFrames, cropRows, type Rows } from './cropFrames.ts';
export { type CropWindowOptions, cropIndices, cropWindow, type FrameRange } from './cropWindow.ts';
export { type DiscretizeOptions, discretize } from './discretize.ts';
export {
  type ChunkedActivity,
  type ChunkedFrames,
  type Frames,
  frameAt,
  framesExtent,
  iterFrames,
} from './frames.ts';
export { covers, gaps } from './gaps.ts';
export {
  argmax,
  chart,
  chartShares,
  labelDuration,
  labelDurations,
  labelSupport,
  labels,
  labelTimeline,
  labelTimelines,
} from './labels.ts';
export { getOverlap, overlapping, segmentation } from './overlap.ts';
export { coIter } from './pairs.ts';
export {
  dropTracks,
  type Names,
  relabelTracks,
  renameLabels,
  renameLabelsInOrder,
  renameTracks,
  supportAnnotation,
  toAnnotation,
} from './rename.ts';
export {
  compareSegments,
  contains,
  duration,
  formatSegment,
  gap,
  intersect,
  intersects,
  isEmpty,
  merge,
  middle,
  overlaps,
  roundSegment,
  SEGMENT_PRECISION,
  type Seconds,
  type Segment,
  sameSegment,
} from './segment.ts';
export {
  addSegment,
  extent,
  hasSegments,
  indexOfSegment,
  removeSegment,
  support,
  type Timeline,
  timeline,
  timelineDuration,
  union,
} from './timeline.ts';
export { compareTurns, type Turn } from './turn.ts';
export {
  type Alignment,
  closestFrame,
  durationToSamples,
  middleOf,
  rangeToSegment,
  type SlidingWindow,
  samples,
  samplesToDuration,
  segmentToRange,
  slide,
  slidingWindow,
  windowAt,
  windows,
} from './window.ts';
