import type { Input, InputAudioTrack } from 'mediabunny';
import { AudioError } from '../core/errors.ts';

/** The first sound track of a container that mediabunny takes apart, as FFmpeg's `0:a:0`. */
export async function firstSoundTrack(input: Input, name: string): Promise<InputAudioTrack> {
  let tracks: Awaited<ReturnType<Input['getTracks']>>;
  try {
    tracks = await input.getTracks();
  } catch (cause) {
    throw new AudioError('audio_truncated', `${name} was cut off or damaged before its sound begins.`, { cause });
  }
  const sound = tracks.find((track) => track.isAudioTrack());
  if (sound !== undefined) return sound;
  if (tracks.length === 0)
    throw new AudioError(
      'audio_truncated',
      `${name} was cut off: the index that tells where its sound is, is missing.`,
    );
  throw new AudioError('audio_no_sound_track', `${name} is a video without sound.`);
}

/** Whether the duration that the container gives is that of its pictures as well: Matroska has one for all tracks. */
export async function sharesDuration(input: Input): Promise<boolean> {
  const { name } = await input.getFormat();
  return (name === 'Matroska' || name === 'WebM') && (await input.getPrimaryVideoTrack()) !== null;
}
