import type { EngineLive, EngineModule } from '../jobs/engine.ts';
import type { FromLive, ToLive } from './messages.ts';

/**
 * The process that hears live streams: `node liveProcess.js ENGINE MODEL DEVICE THREADS`. Each stream is heard in the order
 * of its samples; several take turns.
 */
const [engineName, model, device, threads] = process.argv.slice(2);
const send = (message: FromLive) => process.send?.(message);

interface Session {
  readonly live: EngineLive;
  /** What is being done for the stream, one thing after the other. */
  last: Promise<void>;
  readonly closed: AbortController;
}
const sessions = new Map<string, Session>();

process.on('disconnect', () => process.exit(0));

try {
  const engine = (await import(engineName)) as EngineModule;
  const diarizer = await engine.createDiarizer({ model, device, threads: Number(threads) || undefined });
  process.on('message', (message: ToLive) => {
    const { stream } = message;
    if (message.type === 'open') {
      const closed = new AbortController();
      const live = diarizer.live!({ signal: closed.signal });
      sessions.set(stream, { live, last: Promise.resolve(), closed });
      return;
    }
    const session = sessions.get(stream);
    if (!session) return;
    if (message.type === 'close') {
      sessions.delete(stream);
      session.closed.abort(new Error('closed'));
      return;
    }
    session.last = session.last
      .then(async () => {
        session.closed.signal.throwIfAborted();
        if (message.type === 'samples') {
          const { samples } = message as Extract<ToLive, { type: 'samples' }>;
          send({ type: 'heard', stream, numSamples: samples.length, events: await session.live.push(samples) });
        } else {
          send({ type: 'finished', stream, events: await session.live.finish() });
          sessions.delete(stream);
        }
      })
      .catch((error: unknown) => {
        if (!sessions.delete(stream)) return;
        send({
          type: 'broken',
          stream,
          message: error instanceof Error ? (error.stack ?? error.message) : String(error),
        });
      });
  });
  send({ type: 'ready' });
} catch (error) {
  send({ type: 'unable', message: error instanceof Error ? error.message : String(error) });
  setTimeout(() => process.exit(1), 50);
}
