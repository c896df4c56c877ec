import { AudioError } from '../core/errors.ts';
import type { ByteSource } from './byteSource.ts';
import { type PcmLayout, pcmCodecName, readPcm } from './pcm.ts';
import type { PlanarStream } from './planar.ts';

/** A file as Node or the browser opened it. */
export interface OpenFile {
  /** For messages. */
  readonly name: string;
  readonly source: ByteSource;
  close(): Promise<void>;
}

/** Uncompressed samples straight from the file: no child process, no thread, a few hundred kilobytes of memory. */
export function openPcmFile(input: OpenFile, layout: PcmLayout): PlanarStream {
  const { numFrames, announcedFrames, sampleRate, numChannels } = layout;
  if (numFrames === 0) {
    if (announcedFrames)
      throw new AudioError(
        'audio_truncated',
        `${input.name} was cut off before its first sample; its header announces ${announcedFrames}.`,
      );
    throw new AudioError('audio_empty', `${input.name} holds no samples.`);
  }
  const warnings: string[] = [];
  if (announcedFrames !== undefined) warnings.push(cutShort(input.name, numFrames, announcedFrames, sampleRate));
  return {
    source: { container: layout.container, codec: pcmCodecName(layout), sampleRate, numChannels, decoder: 'pcm' },
    duration: numFrames / sampleRate,
    blocks: readPcm(input.source, layout),
    warnings,
    close: () => input.close(),
  };
}

/** Less than this missing at the end is no cut. Where pictures last as well, they may run on after the sound. */
export const SLACK = { sound: 0.1, video: 1 } as const;

/** The warning for a recording that ends before its container says. */
export function cutShort(name: string, got: number, announced: number, sampleRate: number): string {
  const seconds = (frames: number): string => `${(frames / sampleRate).toFixed(2)} s`;
  return `${name} was cut off: ${seconds(got)} of the announced ${seconds(announced)} are there and are used.`;
}
