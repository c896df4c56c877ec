import { Worker } from 'node:worker_threads';
import { cutShort, SLACK } from '../../../audio/pcmFile.ts';
import type { PlanarStream } from '../../../audio/planar.ts';
import type { Container } from '../../../audio/sniff.ts';
import { AudioError } from '../../../core/errors.ts';
import type { Input } from '../input.ts';
import type { FromWorker, Job } from './protocol.ts';
import type { Track, TrackBlock } from './track.ts';

/**
 * Decoding with what npm installed, in a worker thread. The thread decodes one block ahead of the one that is being
 * read, no more, so memory stays flat however long the recording and however slow the reader.
 */
export async function openWithWasm(
  input: Input,
  container: Container,
  { signal }: { signal?: AbortSignal } = {},
): Promise<PlanarStream> {
  const job: Job = {
    name: input.name,
    container,
    ...(input.bytes ? { bytes: input.bytes } : { path: await input.path() }),
  };
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'; // from sources (tests) or from the build
  const worker = new Worker(new URL(`./worker.${extension}`, import.meta.url), {
    workerData: job,
    stdout: true, // what decoders print is not for the user's terminal
    stderr: true,
  });
  const mailbox = receive(worker);
  const stop = (): void => void worker.terminate();
  signal?.addEventListener('abort', stop, { once: true });
  async function close(): Promise<void> {
    signal?.removeEventListener('abort', stop);
    await worker.terminate();
    await input.close();
  }
  async function next(): Promise<FromWorker> {
    const message = await mailbox.next();
    signal?.throwIfAborted();
    if (message.type !== 'error') return message;
    if (message.code !== undefined) throw new AudioError(message.code, message.message);
    throw new AudioError('audio_invalid', `${input.name} could not be decoded: ${message.message}`);
  }

  try {
    const track = await next();
    if (track.type !== 'track') throw new Error(`Got ${track.type} from the decoder when its first word is track.`);
    worker.postMessage(null);
    const warnings: string[] = [];
    const blocks = blocksOf(input.name, next, () => worker.postMessage(null), track, warnings);
    const first = await blocks.next(); // rate and channels are known only from samples
    if (first.done) throw new AudioError('audio_truncated', `${input.name} has nothing in it that could be decoded.`);
    return {
      source: {
        container,
        codec: track.codec,
        sampleRate: first.value.sampleRate,
        numChannels: first.value.channels.length,
        decoder: 'wasm',
      },
      duration: track.duration,
      blocks: channelsOf(first.value, blocks),
      warnings,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function* blocksOf(
  name: string,
  next: () => Promise<FromWorker>,
  pull: () => void,
  { duration, exact, withPictures }: Omit<Track, 'blocks' | 'codec'>,
  warnings: string[],
): AsyncGenerator<TrackBlock> {
  let numFrames = 0;
  let numErrors = 0;
  let format: { sampleRate: number; numChannels: number } | undefined;
  for (;;) {
    const message = await next();
    if (message.type !== 'block') break;
    pull();
    numErrors += message.numErrors;
    const numChannels = message.channels.length;
    const length = message.channels[0]?.length ?? 0;
    if (length === 0) continue;
    format ??= { sampleRate: message.sampleRate, numChannels };
    if (message.sampleRate !== format.sampleRate || numChannels !== format.numChannels)
      throw new AudioError(
        'audio_invalid',
        `${name} changes from ${format.numChannels} channels at ${format.sampleRate} Hz to ${numChannels} at ` +
          `${message.sampleRate} Hz on the way; convert it to one format first.`,
      );
    numFrames += length;
    yield message;
  }
  if (format === undefined) return;
  const announced = exact && duration !== undefined ? Math.round(duration * format.sampleRate) : 0;
  if (numFrames < announced - format.sampleRate * SLACK[withPictures ? 'video' : 'sound'])
    warnings.push(cutShort(name, numFrames, announced, format.sampleRate));
  if (numErrors > 0) warnings.push(`${name} is damaged: ${numErrors} passages could not be decoded.`);
}

async function* channelsOf(first: TrackBlock, rest: AsyncGenerator<TrackBlock>): AsyncGenerator<Float32Array[]> {
  yield first.channels;
  for await (const { channels } of rest) yield channels;
}

/** The worker's messages as a queue; the end of the thread by any other way is a message too. */
function receive(worker: Worker): { next(): Promise<FromWorker> } {
  const messages: FromWorker[] = [];
  let wake: (() => void) | undefined;
  function put(message: FromWorker): void {
    messages.push(message);
    wake?.();
  }
  worker.on('message', put);
  worker.on('error', (error) => put({ type: 'error', message: String(error) }));
  worker.on('exit', () => put({ type: 'error', message: 'the decoding thread ended early' }));
  return {
    async next() {
      while (messages.length === 0)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      return messages.shift() as FromWorker;
    },
  };
}
