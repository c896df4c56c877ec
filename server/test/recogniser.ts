import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * A recogniser for tests and smoke runs, where no model of speech can be had: it hears where there is sound, and says a
 * numbered word every 0.4 s of it, in the shape of OpenAI's verbose_json.
 *
 *     node server/test/recogniser.ts 9000        then STT_URL=http://127.0.0.1:9000/v1
 */
export interface StandIn {
  readonly url: string;
  /** Requests so far: the fields of their forms, without the sound. */
  readonly asked: Readonly<Record<string, string>>[];
  /** What it does from now on. */
  behave(as: Behaviour): void;
  close(): Promise<void>;
}

/** A fault, or how an answer is made of a WAV file. */
export type Behaviour = 'speak' | 'html' | 'half' | 'refuse' | 'break' | 'busy once' | 'hang' | 'die';

const NUMBERS = ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];

export async function startRecogniser(port = 0): Promise<StandIn> {
  const asked: Record<string, string>[] = [];
  let behaviour: Behaviour = 'speak';
  const server: Server = createServer((request, answer) => {
    void respond(request, answer).catch(() => answer.destroy());
  });
  async function respond(request: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { fields, file } = await readForm(request);
    asked.push({ ...fields, authorization: request.headers.authorization ?? '' });
    const json = (status: number, value: unknown) =>
      answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    switch (behaviour) {
      case 'html':
        answer.writeHead(200, { 'content-type': 'text/html' }).end('<!DOCTYPE html><title>Welcome</title>');
        return;
      case 'half':
        answer.end('{"text": "one tw');
        return;
      case 'refuse':
        json(404, { error: { message: 'no such model at /srv/secret/path' } });
        return;
      case 'break':
        json(500, { error: 'out of memory' });
        return;
      case 'die':
        request.socket.destroy();
        return;
      case 'hang':
        return;
      case 'busy once':
        behaviour = 'speak';
        answer.writeHead(503, { 'retry-after': '0' }).end();
        return;
      default:
        json(200, verboseJson(file, fields['language']));
    }
  }
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked,
    behave(as) {
      behaviour = as;
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

/** What a Whisper server would answer for this WAV file, but for the words. */
export function verboseJson(wav: Buffer, language = 'english'): object {
  const rate = wav.readUInt32LE(24);
  const samples = new Int16Array(wav.buffer.slice(wav.byteOffset + 44, wav.byteOffset + wav.length - (wav.length % 2)));
  const segments = soundIn(samples, rate).map(([start, end], id) => {
    const count = Math.max(1, Math.floor((end - start) / 0.4));
    const words = Array.from({ length: count }, (_, i) => ({
      word: NUMBERS[i % NUMBERS.length],
      start: round(start + (i * (end - start)) / count),
      end: round(start + ((i + 0.9) * (end - start)) / count),
      probability: 0.9,
    }));
    const text = ` ${words.map(({ word }) => word).join(' ')}.`;
    return { id, seek: 0, start: round(start), end: round(end), text, words };
  });
  return {
    task: 'transcribe',
    language,
    duration: samples.length / rate,
    text: segments
      .map(({ text }) => text)
      .join('')
      .trim(),
    segments: segments.map(({ words: _, ...segment }) => segment),
    words: segments.flatMap(({ words }) => words),
  };
}

/** Stretches of sound, in seconds: where 20 ms are louder than a tenth of the loudest, pauses up to 0.4 s bridged. */
function soundIn(samples: Int16Array, rate: number): [number, number][] {
  const length = Math.round(rate / 50);
  const levels = Array.from({ length: Math.floor(samples.length / length) }, (_, f) => {
    let sum = 0;
    for (let i = 0; i < length; i++) sum += samples[f * length + i] ** 2;
    return Math.sqrt(sum / length);
  });
  const least = Math.max(100, 0.1 * Math.max(0, ...levels));
  const found: [number, number][] = [];
  for (const [f, level] of levels.entries()) {
    if (level < least) continue;
    const last = found.at(-1);
    if (last && f / 50 - last[1] <= 0.4) last[1] = (f + 1) / 50;
    else found.push([f / 50, (f + 1) / 50]);
  }
  return found;
}

async function readForm(request: IncomingMessage): Promise<{ fields: Record<string, string>; file: Buffer }> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const form = await new Response(new Uint8Array(Buffer.concat(parts)), {
    headers: { 'content-type': request.headers['content-type'] ?? '' },
  }).formData();
  const fields: Record<string, string> = {};
  for (const [name, value] of form) if (typeof value === 'string') fields[name] = value;
  const file = form.get('file');
  return { fields, file: file instanceof Blob ? Buffer.from(await file.arrayBuffer()) : Buffer.alloc(0) };
}

const round = (seconds: number) => Math.round(seconds * 1000) / 1000;

if (process.argv[1]?.endsWith('test/recogniser.ts')) {
  const { url } = await startRecogniser(Number(process.argv[2] ?? 9000));
  process.stdout.write(`a recogniser's stand-in answers on ${url}\n`);
}
