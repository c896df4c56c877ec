// The tasks around diarization, each as functions: where somebody talks, where two do, where speakers change, who talks
// within a window, what voices are like and whether two are one.

export {
  embedWhole,
  embedWindows,
  type RecordingEmbedding,
  type WindowEmbeddings,
} from './embedding/embedRecording.ts';
export { embedTurns, type TurnEmbedding, type TurnEmbeddings } from './embedding/embedTurns.ts';
export {
  type Detection,
  type DetectOptions,
  detectOverlap,
  detectSpeech,
  segmentsOf,
} from './segmentation/detect.ts';
export {
  type ChangeDetection,
  type ChangeOptions,
  changesOf,
  detectChanges,
  type SpeakerChange,
} from './segmentation/speakerChange.ts';
export {
  type SpeakerSegmentation,
  type SpeakerSegmentationOptions,
  segmentSpeakers,
  stitchedTurns,
  windowTurns,
} from './segmentation/speakerSegmentation.ts';
export type { Stitched, StitchedSpeaker } from './segmentation/stitch.ts';
export type { ToolkitEvent, WindowOptions, WindowScores } from './segmentation/windowScores.ts';
export { detectSpeechSilero } from './silero/detectSpeech.ts';
export { type SileroModel, type SileroStream, sileroModel } from './silero/sileroModel.ts';
export { type SpeechEvent, type SpeechEventsOptions, speechEvents } from './silero/speechEvents.ts';
export { type SpeechSpansInput, type SpeechSpansOptions, speechSpans } from './silero/speechSpans.ts';
export {
  type Calibration,
  calibrationCost,
  fitCalibration,
  probabilityOf,
  scoreAt,
} from './verification/calibration.ts';
export {
  type DetCurve,
  type DetectionCostOptions,
  detCurve,
  minDetectionCost,
  pyannoteEqualErrorRate,
} from './verification/detCurve.ts';
export { type DetPictureOptions, detPicture } from './verification/detPicture.ts';
export type { Trial } from './verification/trial.ts';
export { type ListedTrial, parseTrials } from './verification/trialList.ts';
export { type Embedding, similarity, type Verification, type VerifyOptions, verify } from './verification/verify.ts';
