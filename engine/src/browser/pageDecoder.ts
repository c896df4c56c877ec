import type { SentRecording } from './messages.ts';
import { downloadBlob } from './open.ts';

/**
 * The last resort for files that WebCodecs can't read: the browser's decodeAudioData, which exists in pages only, takes
 * whole files and resamples on its own. It is asked for 48 kHz, what most recordings that end here have; from there on
 * the sound goes the way of all others. What is behind a URL is fetched once more, from the browser's cache as a rule.
 * Undefined where it can't read the file either.
 */
export async function decodeInPage(
  recording: SentRecording,
  signal: AbortSignal | undefined,
): Promise<SentRecording | undefined> {
  if (recording.kind !== 'blob' && recording.kind !== 'url') return undefined;
  if (typeof OfflineAudioContext === 'undefined') return undefined;
  const context = new OfflineAudioContext(1, 1, 48000);
  try {
    const blob = recording.kind === 'blob' ? recording.blob : await downloadBlob(recording.url, signal);
    const decoded = await context.decodeAudioData(await blob.arrayBuffer());
    const channels = Array.from({ length: decoded.numberOfChannels }, (_, c) => decoded.getChannelData(c).slice());
    return { kind: 'planar', channels, sampleRate: decoded.sampleRate };
  } catch {
    return undefined; // the worker's error says it better
  }
}
