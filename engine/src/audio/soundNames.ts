/** Endings of recordings' names, for choosing among the files of a folder; what is inside is for the bytes to tell. */
export const SOUND_ENDINGS: readonly string[] = 'wav mp3 m4a flac ogg opus aac mp4 mkv mov webm aiff aif'.split(' ');

export function isSoundName(name: string): boolean {
  const ending = /\.(\w+)$/.exec(name)?.[1];
  return ending !== undefined && SOUND_ENDINGS.includes(ending.toLowerCase());
}
