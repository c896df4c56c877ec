import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDiarizer, type Diarizer, type LiveEvent, type LiveOptions, openAudio } from '../src/node/index.ts';

/** The embedded model, and the same with a manifest that takes no two turns of a window for one person's. */
const MODEL = join(import.meta.dirname, '../models/embedded-v1');
const MEETING = join(import.meta.dirname, '../samples/meeting.flac');
const SECONDS = 20;
const ALL_APART = { slope: 1e-9, middle: 1, half: 1, same: 0, other: 0 };
const folder = mkdtempSync(join(tmpdir(), 'diarist-live-'));
let asMade: Diarizer;
let allApart: Diarizer;
beforeAll(async () => {
  cpSync(MODEL, folder, { recursive: true });
  const path = join(folder, 'manifest.json');
  const manifest = JSON.parse(readFileSync(path, 'utf8'));
  writeFileSync(path, JSON.stringify({ ...manifest, embedding: { ...manifest.embedding, turns: ALL_APART } }));
  asMade = await createDiarizer({ model: MODEL, device: 'cpu' });
  allApart = await createDiarizer({ model: folder, device: 'cpu' });
});
afterAll(async () => {
  await asMade.close();
  await allApart.close();
  rmSync(folder, { recursive: true });
});

async function hear(diarizer: Diarizer, options?: LiveOptions): Promise<readonly LiveEvent[]> {
  const live = diarizer.live({ step: 2, ...options });
  const events: LiveEvent[] = [];
  let left = SECONDS * live.sampleRate;
  for await (const block of (await openAudio(MEETING)).blocks) {
    events.push(...(await live.push(block.subarray(0, left))));
    left -= block.length;
    if (left <= 0) break;
  }
  return [...events, ...(await live.finish())];
}

test("live regroups as the model says; what the caller gives wins, and undefined doesn't hide the model's", async () => {
  const regrouped = await hear(asMade);
  const apart = await hear(allApart);
  expect(apart).not.toEqual(regrouped);
  expect(await hear(allApart, { regroup: undefined })).toEqual(apart);
  expect(await hear(allApart, { regroup: asMade.model.manifest.embedding!.turns })).toEqual(regrouped);
});
