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
  const message = error instanceof Error ? error.message : String(error);
  process.send?.({ error: message.replaceAll(file, 'the file').replaceAll(basename(file), 'the file') });
}
process.disconnect?.();
