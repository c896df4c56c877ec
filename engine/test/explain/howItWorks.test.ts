import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** docs/how-it-works.md and its figure say where things are; this sees to it that they are there. */
const docs = join(import.meta.dirname, '../../../docs');
const page = readFileSync(join(docs, 'how-it-works.md'), 'utf8');
const figure = readFileSync(join(docs, 'img/pipeline.svg'), 'utf8');

const links = [...page.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target);
const boxes = [...figure.matchAll(/<a href="([^"]+)"/g)].map(([, target]) => target);

test('every file that the page links to exists', () => {
  const files = links.filter((link) => !link.startsWith('#'));
  expect(files.length).toBeGreaterThan(30);
  expect(files.filter((link) => !existsSync(join(docs, link.replace(/#.*/, ''))))).toEqual([]);
});

test('every link within the page leads to a heading', () => {
  const headings = [...page.matchAll(/^## (.*)$/gm)].map(([, text]) => `#${text.toLowerCase().replaceAll(' ', '-')}`);
  expect(links.filter((link) => link.startsWith('#') && !headings.includes(link))).toEqual([]);
});

test('every box of the figure links to a file that exists and that the page links to as well', () => {
  expect(boxes).toHaveLength(11);
  for (const box of boxes) {
    const path = join(docs, 'img', box);
    expect(existsSync(path), box).toBe(true);
    expect(links.map((link) => join(docs, link))).toContain(path);
  }
});

test('every stage of the pipeline is told of: each file of diarize/ but the plumbing', () => {
  const plumbing = ['embeddings', 'centroids', 'localSpeech'];
  const stages = readFileSync(join(docs, '../engine/src/diarize/diarize.ts'), 'utf8');
  const imported = [...stages.matchAll(/from '\.\/(\w+)\.ts'/g)].map(([, name]) => name);
  for (const name of imported.filter((one) => !plumbing.includes(one))) expect(page).toContain(`diarize/${name}.ts`);
});

test('the figure is complete in itself', () => {
  expect(figure).not.toMatch(/<script|<image|@import|url\((?!#)|(href|src)="(https?:|data:)/);
  expect(figure).toContain('role="img" aria-labelledby="t d"');
  expect(figure).toContain('prefers-color-scheme:dark');
});
