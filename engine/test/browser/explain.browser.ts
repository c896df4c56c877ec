import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { explain } from '../../src/cli/explain.ts';
import { openChromium } from './chromium.ts';

/** The page of `diarist explain`, opened from disk and used with pointer and keys. */
const recording = join(import.meta.dirname, '../../../fixtures/parity/audio/trn05.wav');

let browser: Browser;
let page: Page;
let folder = '';
const errors: string[] = [];
const requests: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'diarist-explain-'));
  const output = join(folder, 'report.html');
  await explain(recording, { output, withAudio: true, quiet: true });
  browser = await openChromium(['--autoplay-policy=no-user-gesture-required']);
  page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('console', (message) => errors.push(message.text()));
  page.on('request', (request) => requests.push(request.url()));
  await page.goto(pathToFileURL(output).href);
  await page.waitForSelector('html[data-ready=yes]');
});

afterAll(async () => {
  await browser?.close();
  if (folder) rmSync(folder, { recursive: true });
});

const text = (id: string): Promise<string | null> => page.locator(`#${id}`).textContent();

async function pointAt(id: string, across: number, down = 0.3): Promise<void> {
  const plot = page.locator(`#${id}`);
  await plot.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await plot.boundingBox())!;
  await page.mouse.move(x + width * across, y + height * down);
}

async function shownSeconds(): Promise<number> {
  const [, from, to] = (await text('shown'))!.match(/^(\S+) s – (\S+) s of 30\.0 s$/)!;
  return Number(to) - Number(from);
}

test('nothing is asked for beyond the file itself and the sound in it, and nothing goes wrong', () => {
  expect(errors).toEqual([]);
  expect(requests.filter((url) => !/^(file|blob):/.test(url))).toEqual([]);
});

test('every plot is drawn', async () => {
  const ids = ['overview', 'wave', 'window', 'bricks', 'count', 'clustered', 'votes', 'turns', 'exclusive'];
  for (const id of ids) {
    const numColours = await page.locator(`#${id}`).evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      return new Set(new Uint32Array(data.buffer)).size;
    });
    expect(numColours, id).toBeGreaterThan(4);
  }
});

test('pointing at a time tells what every stage says of it', async () => {
  await pointAt('turns', 0.5);
  const time = (await text('turns-read'))!.split(' · ')[0];
  expect(time).toMatch(/^\d+\.\d\d s$/);
  for (const id of ['wave', 'bricks', 'count', 'clustered', 'votes', 'exclusive'])
    expect(await text(`${id}-read`)).toContain(`${time} · `);
});

test('a window is chosen by a click or the slider', async () => {
  await pointAt('bricks', 0.5, 0.02);
  await page.mouse.down();
  await page.mouse.up();
  const clicked = await text('chosen');
  expect(clicked).toMatch(/^window \d+ of \d+/);
  await page.locator('#choose').focus();
  await page.keyboard.press('ArrowRight');
  expect(await text('chosen')).not.toBe(clicked);
});

test('keys move the cursor and zoom; what they reach is read aloud', async () => {
  await page.locator('#zoom-all').click();
  await page.locator('#wave').focus();
  await page.keyboard.press('+');
  await page.keyboard.press('Shift+ArrowRight');
  expect(await page.locator('#wave-read').getAttribute('aria-live')).toBe('polite');
  expect(await text('wave-read')).toMatch(/ · from -?\d\.\d+ to -?\d\.\d+$/);
  await expect.poll(shownSeconds).toBeCloseTo(15, 5);
  await page.locator('#scatter').focus();
  await page.keyboard.press('ArrowRight');
  expect(await text('scatter-read')).toMatch(/local speaker \d of window \d+/);
});

test('a row of the table plays its turn', async () => {
  await page.locator('#table tbody tr button').first().click();
  const isPlaying = () =>
    page.locator('#player').evaluate((player: HTMLAudioElement) => !player.paused && player.currentTime > 0);
  await expect.poll(isPlaying).toBe(true);
});
