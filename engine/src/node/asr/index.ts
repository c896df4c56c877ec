// Speech to text through other programs and servers, and what is said by whom.
export { type CommandRecogniserOptions, commandRecogniser } from './command.ts';
export { type HttpRecogniserOptions, httpRecogniser } from './http.ts';
export {
  type LocalRecogniser,
  type LocalRecogniserOptions,
  localRecogniser,
} from './local/localRecogniser.ts';
export {
  type RecogniseOptions,
  type Recogniser,
  RecogniserError,
  type RecogniserErrorCode,
  type Speech,
} from './recogniser.ts';
export { type ToTranscribe, type TranscribeOptions, transcribe } from './transcribe.ts';
