import { SNIFF_BYTES, sniff } from '../../audio/sniff.ts';
import { readWavHeader } from '../../audio/wav.ts';
import { AudioError } from '../../core/errors.ts';
import { type AudioInput, type InputOptions, openInput } from './input.ts';
import { openPcmFile } from './pcmFile.ts';
import type { PlanarStream } from './planar.ts';

/** Looks at the first bytes and hands the recording to the decoder for it. */
export interface DecodeOptions extends InputOptions {
  readonly ffmpeg?: boolean;
}

export async function decode(given: AudioInput, options: DecodeOptions = {}): Promise<PlanarStream> {
  const input = await openInput(given, options);
  try {
    const kind = sniff(await input.source.read(0, SNIFF_BYTES));
    if (kind === 'wav') {
      const header = await readWavHeader(input.source, input.name);
      if ('encoding' in header) return openPcmFile(input, header);
    }
    throw new AudioError('audio_not_audio', `${input.name} is not a recording in a format that can be read.`);
  } catch (error) {
    await input.close();
    throw error;
  }
}
