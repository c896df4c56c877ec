import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { createServer } from 'vite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDiarizer } from '../../src/node/index.ts';
import { openChromium } from './chromium.ts';
import { openSite, type Site } from './site.ts';

/** The examples as a newcomer meets them: the page is opened, and used. */
const here = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const recording = here('fixtures/parity/audio/dev00.wav');

let browser: Browser;
const sites: Pick<Site, 'close'>[] = [];

beforeAll(async () => {
  browser = await openChromium([
    '--use-fake-device-for-media-stream',
    '--use-fake-ui-for-media-stream',
    `--use-file-for-fake-audio-capture=${recording}`,
  ]);
});

afterAll(async () => {
  await browser?.close();
  await Promise.all(sites.map((site) => site.close()));
});

async function openExample(name: string): Promise<Page> {
  const site = await openSite({ root: here(`examples/${name}`), html: 'index.html' });
  sites.push(site);
  const page = await browser.newPage();
  await page.goto(site.plainUrl);
  return page;
}

/** By Vite's development server, as `npx vite examples/NAME` starts it. */
async function openForDevelopment(name: string): Promise<Page> {
  const root = here(`examples/${name}`);
  const cacheDir = await mkdtemp(join(tmpdir(), 'diarist-vite-'));
  const server = await createServer({ root, cacheDir, configFile: join(root, 'vite.config.ts'), logLevel: 'error' });
  await server.listen();
  sites.push({
    close: async () => {
      await server.close();
      await rm(cacheDir, { recursive: true, force: true });
    },
  });
  const page = await browser.newPage();
  await page.goto(server.resolvedUrls?.local[0] ?? '');
  return page;
}

test.each([
  ['built', openExample],
  ['in development', openForDevelopment],
])('browser-file, %s, lists the turns of a file as Node finds them', async (_, open) => {
  const page = await open('browser-file');
  await page.setInputFiles('input', recording);
  await page.getByText(/^\d+ speakers\./).waitFor();
  const node = await createDiarizer({ model: 'embedded', device: 'cpu', threads: 1 });
  const { turns } = await node.diarize(recording);
  await node.close();
  expect(await page.locator('li').allTextContents()).toEqual(
    turns.map(({ start, end, speaker }) => `${start.toFixed(2)} – ${end.toFixed(2)} s  ${speaker}`),
  );
  // raw AAC does not say how long it is: there is no share of it to show
  await page.setInputFiles('input', here('fixtures/audio/encoded/mono.aac'));
  await page.getByText(/^[01] speakers\./).waitFor();
  await page.setInputFiles('input', here('README.md'));
  await page.getByText('README.md is text, not a recording, whatever its name says.').waitFor();
});

test('browser-mic records the microphone and hears people in it', async () => {
  const page = await openExample('browser-mic');
  await page.getByRole('button', { name: 'Record' }).click();
  await page.getByText('Recording …').waitFor();
  await page.waitForTimeout(8000);
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByText(/^\d+ speakers\./).waitFor();
  expect(await page.locator('li').count()).toBeGreaterThan(0);
  expect(await page.locator('li').first().textContent()).toMatch(/^\d+\.\d\d – \d+\.\d\d s {2}SPEAKER_00$/);
});
