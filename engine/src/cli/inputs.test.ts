import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { expandGlob, expandInput, expandInputs } from './inputs.ts';

const folder = mkdtempSync(join(tmpdir(), 'diarist-test-'));
afterAll(() => rmSync(folder, { recursive: true }));
for (const name of ['b.wav', 'a.wav', 'c.mp3', '[x].wav', 'v1.2.flac']) writeFileSync(join(folder, name), 'x');
mkdirSync(join(folder, 'd.wav'));

test('globs that the shell left alone are expanded: files by name, folders left out', () => {
  const found = expandInputs([join(folder, '[ab].wav'), join(folder, '*.mp3'), join(folder, '?.wav')]);
  expect(found.map(({ uri }) => uri)).toEqual(['a', 'b', 'c']);
});

test('a file whose name looks like a glob is that file', () => {
  expect(expandInputs([join(folder, '[x].wav')]).map(({ label }) => label)).toEqual([join(folder, '[x].wav')]);
});

test('each recording counts once, however it is spelled', () => {
  expect(expandInputs([join(folder, 'a.wav'), `${folder}/./a.wav`, '-', '-'])).toHaveLength(2);
});

test('recordings are named by their files, URLs by their last part', () => {
  const uris = expandInputs([
    join(folder, 'v1.2.flac'),
    'https://x.org/talks/team%20call.mp3?k=1',
    'http://x.org/',
    '-',
  ]);
  expect(uris.map(({ uri }) => uri)).toEqual(['v1.2', 'team call', 'x.org', 'stdin']);
});

test('a glob without a match fails when it is opened, and is named', () => {
  const [none] = expandInputs([join(folder, '*.ogg')]);
  expect(() => none.open()).toThrow(`No file matches ${join(folder, '*.ogg')}.`);
});

test('a glob of several is no single recording', () => {
  expect(() => expandInput(join(folder, '?.wav'))).toThrow(/^Got 2 recordings that match .*: name one of them\.$/);
  expect(expandInput(join(folder, '*.mp3')).label).toBe(join(folder, 'c.mp3'));
});

test('what is no glob, or matches nothing, stays as it is', () => {
  expect(expandGlob(join(folder, '?.wav'))).toEqual([join(folder, 'a.wav'), join(folder, 'b.wav')]);
  for (const arg of ['-', 'http://x.org/a?b=*', join(folder, '[x].wav'), join(folder, '*.ogg'), 'none.wav'])
    expect(expandGlob(arg)).toEqual([arg]);
});
