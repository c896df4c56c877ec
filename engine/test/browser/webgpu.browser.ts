import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDiarizer } from '../../src/node/index.ts';
import { openChromium } from './chromium.ts';
import type { Calls } from './page.ts';
import { openSite, type Site } from './site.ts';

/** WebGPU on SwiftShader, a graphics processor in software: right or wrong shows here, quick or slow does not. */
declare const calls: Calls;

let site: Site;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await openChromium(['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader']);
  site = await openSite();
  page = await browser.newPage();
  await page.goto(site.plainUrl);
  await page.waitForFunction(() => 'calls' in globalThis);
});

afterAll(async () => {
  await browser?.close();
  await site?.close();
});

test('the embedding runs on the GPU and the segmentation beside it; the turns are those of Node', async () => {
  const url = '/fixtures/parity/audio/clip3s.wav';
  const opened = await page.evaluate(() => calls.open('gpu', { device: 'webgpu' }));
  expect(opened.error).toBeUndefined();
  const run = () => page.evaluate((url) => calls.diarize('gpu', { url }), url);
  await run(); // each network's first run is done by both and compared; what counts here are the GPU's own numbers
  const found = await run();
  expect(found.device).toBe('webgpu');
  const node = await createDiarizer({ model: 'embedded', device: 'cpu', threads: 1 });
  const expected = await node.diarize(fileURLToPath(new URL(`../../..${url}`, import.meta.url)));
  await node.close();
  expect(found.turns).toEqual(expected.turns);
  const [voice] = expected.speakers.map(({ embedding = [] }) => [...embedding]);
  found.speakers![0].embedding.forEach((value, d) => void expect(Math.abs(value - voice[d])).toBeLessThan(0.01));
}, 300_000);

test('auto leaves a graphics processor in software alone', async () => {
  expect((await page.evaluate(() => calls.open('auto'))).error).toBeUndefined();
  const url = '/fixtures/parity/audio/clip3s.wav';
  expect((await page.evaluate((url) => calls.diarize('auto', { url }), url)).device).toBe('wasm');
});
