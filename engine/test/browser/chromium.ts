import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** Headless Chromium as the system has it; CHROMIUM names another. */
export async function openChromium(args: readonly string[] = []): Promise<Browser> {
  const executablePath = process.env['CHROMIUM'] ?? PLACES.find((place) => existsSync(place));
  if (executablePath === undefined || !existsSync(executablePath))
    throw new Error('There is no Chromium on this machine: apt-get install chromium, or name one in CHROMIUM.');
  return chromium.launch({ executablePath, args: ['--no-sandbox', ...args] });
}
