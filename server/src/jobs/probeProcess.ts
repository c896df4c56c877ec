import { basename } from 'node:path';
import type { EngineModule } from './engine.ts';

/** `node probeProcess.js ENGINE FILE`: says how long a file is and how many channels it has, then ends. */
const [engineName, file] = process.argv.slice(2);
try {
  const { openChannels } = (await import(engineName)) as EngineModule;
  const opened = await openChannels(file);
  let { duration } = opened;
  if (duration === undefined) {
    let samples = 0;
    for await (const [first] of opened.blocks) samples += first.length;
    duration = samples / opened.sampleRate;
  }
  const channels = opened.numChannels;
  await opened.close();
  process.send?.({ duration: Math.round(duration * 1000) / 1000, channels });
} catch (error) {
  // What has a code is known to be wrong with recordings; anything else is a fault of ours, and not the client's to read.
  const { code, message = '' } = error as { code?: unknown; message?: string };
  const known = typeof code === 'string' && /^(audio|out_of)_/.test(code);
  if (!known) process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  const told = message.replaceAll(file, 'the file').replaceAll(basename(file), 'the file');
  process.send?.(known ? { error: told } : { fault: true });
}
process.disconnect?.();
