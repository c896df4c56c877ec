import { createHash } from 'node:crypto';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Deps } from '../deps.ts';
import { endStream, type StreamRow, seeStreams, takeStream } from '../store/streams.ts';
import type { LiveEngine } from './liveEngine.ts';
import type { LiveTurnEvent } from './messages.ts';

/**
 * The WebSocket of a live stream (docs/api.md): samples in frames of one size, beginnings and ends of turns back.
 *
 *   upgrade with a token that was not used ─► binary: 1600 samples of float32 ─► … ─► {"type":"end_of_stream"} ─► the rest, 1000
 */
export const LIVE_PATH = '/v1/live/ws';
const FRAME_BYTES = 1600 * 4;
const SAMPLE_RATE = 16_000;
/** More sound than this may not be waiting. */
const MOST_WAITING = 5 * SAMPLE_RATE;
/** A client that sends nothing for so long has gone. */
const SILENCE_MS = 60_000;
const SEEN_MS = 10_000;

export interface LiveSockets {
  close(): Promise<void>;
}

export function attachLive(server: Server, deps: Deps, engine: LiveEngine): LiveSockets {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 64 * 1024, perMessageDeflate: false });
  const streams = new Map<string, WebSocket>();
  /** Connections that are let in and are not among the streams yet. */
  let coming = 0;
  let isClosed = false;
  const seen = setInterval(() => {
    seeStreams(deps.db, [...streams.keys()]).catch((error: unknown) =>
      deps.log.warn('the store did not take a sign of life of live streams', { error }),
    );
  }, SEEN_MS);
  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    upgrade(request, socket, head).catch((error: unknown) => {
      deps.log.error('a live stream could not begin', { error });
      refuse(socket, '500 Internal Server Error');
    });
  };
  server.on('upgrade', onUpgrade);

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const url = URL.parse(request.url ?? '/', 'http://host');
    if (!url) return refuse(socket, '400 Bad Request');
    if (url.pathname !== LIVE_PATH) return refuse(socket, '404 Not Found');
    if (streams.size + coming >= deps.config.live.streams) return refuse(socket, '503 Service Unavailable');
    coming++;
    try {
      const token = url.searchParams.get('token') ?? '';
      const stream = await takeStream(deps.db, createHash('sha256').update(token).digest());
      if (!stream) return refuse(socket, '403 Forbidden');
      let begun = false;
      try {
        await engine.ready();
        if (isClosed) return refuse(socket, '503 Service Unavailable');
        sockets.handleUpgrade(request, socket, head, (client) => {
          begun = true;
          serve(client, stream);
        });
      } finally {
        // Its token is spent: it does not stay among those that run until it has been silent for long.
        if (!begun) await noteEnd(stream.id, 'error');
      }
    } finally {
      coming--;
    }
  }

  function serve(client: WebSocket, { id }: StreamRow): void {
    streams.set(id, client);
    let outcome: 'done' | 'error' = 'error';
    let ending = false;
    const say = (message: unknown) => client.send(JSON.stringify(message));
    const error = (message: string) => say({ type: 'error', message });
    const labels = new Map<number, string>();
    const label = (speaker: number): string => {
      if (!labels.has(speaker)) labels.set(speaker, `SPEAKER_${String(labels.size).padStart(2, '0')}`);
      return labels.get(speaker)!;
    };
    const session = engine.open(id, {
      onEvents: (events: readonly LiveTurnEvent[]) => {
        for (const { type, time, speaker } of events)
          say({
            type: `diarization_speaker_${type}`,
            data: { timestamp: Math.round(time * 1000) / 1000, speaker: label(speaker) },
          });
      },
      onFinished: () => {
        outcome = 'done';
        void noteEnd(id, outcome).then(() => client.close(1000)); // who sees the end may ask for it
      },
      onBroken: () => {
        error('Something went wrong here');
        client.close(1011);
      },
    });
    let silence = setTimeout(gone, SILENCE_MS);
    function gone(): void {
      error('Nothing was sent for a minute');
      client.close(1008, 'silent');
    }
    client.on('message', (data: Buffer, isBinary: boolean) => {
      clearTimeout(silence);
      if (ending) return;
      silence = setTimeout(gone, SILENCE_MS);
      if (!isBinary) {
        if (typeOf(data) !== 'end_of_stream') return error('Unknown message: end_of_stream is the one there is');
        ending = true;
        clearTimeout(silence);
        session.finish();
        return;
      }
      if (data.length !== FRAME_BYTES) return error('Invalid chunk size');
      session.push(samplesOf(data));
      if (session.waiting > MOST_WAITING) {
        error('More than 5 s of sound are waiting: send no faster than it is spoken');
        client.close(1008, 'too fast');
        session.close();
      }
    });
    client.on('error', () => client.terminate());
    client.on('close', () => {
      clearTimeout(silence);
      session.close();
      streams.delete(id);
      if (outcome === 'error') void noteEnd(id, outcome);
    });
  }

  function noteEnd(id: string, outcome: 'done' | 'error'): Promise<void> {
    return endStream(deps.db, id, outcome).catch((error: unknown) =>
      deps.log.warn('the end of a live stream was not stored', { stream: id, error }),
    );
  }

  return {
    async close() {
      isClosed = true;
      clearInterval(seen);
      server.off('upgrade', onUpgrade);
      const ends = [...streams.values()].map(
        (client) =>
          new Promise<void>((done) => {
            client.once('close', () => done());
            client.close(1001, 'the server is stopping');
            setTimeout(() => client.terminate(), 1000).unref();
          }),
      );
      await Promise.all(ends);
    },
  };
}

/** Little-endian float32, as they come over the wire; what is no number is silence. */
function samplesOf(data: Buffer): Float32Array {
  const samples = new Float32Array(data.length / 4);
  for (let i = 0; i < samples.length; i++) {
    const x = data.readFloatLE(4 * i);
    samples[i] = Number.isFinite(x) ? Math.max(-1, Math.min(1, x)) : 0;
  }
  return samples;
}

function typeOf(data: Buffer): unknown {
  try {
    return (JSON.parse(data.toString()) as { type?: unknown } | null)?.type;
  } catch {
    return undefined;
  }
}

/** A client that keeps its half of the connection open would keep the server from stopping. */
function refuse(socket: Duplex, status: string): void {
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
