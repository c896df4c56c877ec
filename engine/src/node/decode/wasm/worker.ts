import { parentPort, workerData } from 'node:worker_threads';
import { memorySource } from '../../../audio/byteSource.ts';
import type { Container } from '../../../audio/sniff.ts';
import { AudioError } from '../../../core/errors.ts';
import { openInput } from '../input.ts';
import { aacFileTrack } from './aacFile.ts';
import { containerTrack } from './container.ts';
import { flacTrack } from './flac.ts';
import { mp3Track } from './mp3.ts';
import { oggTrack } from './ogg.ts';
import type { FromWorker, Job } from './protocol.ts';
import type { Track } from './track.ts';

/**
 * The thread that decodes. It sends what the track is, then one block for each `pull`, then the end; a decoder that
 * hangs or takes too much memory is this thread's trouble only, and stopping it is one call.
 */
const port = parentPort;
if (port === null) throw new Error('worker.ts runs as a worker thread.');
const job = workerData as Job;

function send(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  port?.postMessage(message, transfer);
}

let wanted = 0;
let wake: (() => void) | undefined;
port.on('message', () => {
  wanted++;
  wake?.();
});

async function pulled(): Promise<void> {
  while (wanted === 0)
    await new Promise<void>((resolve) => {
      wake = resolve;
    });
  wanted--;
}

function open(container: Container, source: Parameters<typeof mp3Track>[0]): Promise<Track> {
  switch (container) {
    case 'mp3':
      return mp3Track(source);
    case 'flac':
      return flacTrack(source);
    case 'ogg':
      return oggTrack(source, job.name);
    case 'adts':
      return aacFileTrack(source);
    default:
      return containerTrack(source, job.name);
  }
}

const input = job.bytes ? undefined : await openInput(job.path ?? '');
try {
  const source = input?.source ?? memorySource(job.bytes ?? new Uint8Array(0));
  const { blocks, ...track } = await open(job.container, source);
  send({ type: 'track', ...track });
  await pulled();
  for await (const { sampleRate, channels, numErrors } of blocks) {
    if ((channels[0]?.length ?? 0) === 0 && numErrors === 0) continue;
    const own = channels.map((samples) => samples.slice());
    const buffers = own.map(({ buffer }) => buffer);
    send({ type: 'block', sampleRate, channels: own, numErrors }, buffers);
    await pulled();
  }
  send({ type: 'end' });
} catch (error) {
  const { code, message } = error instanceof AudioError ? error : { code: undefined, message: String(error) };
  send({ type: 'error', code, message });
} finally {
  await input?.close();
}
