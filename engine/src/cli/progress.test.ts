import { expect, test } from 'vitest';
import { coloursFor } from './colours.ts';
import { createProgress } from './progress.ts';

const colours = coloursFor({}, {});

function recorder(kind: 'bar' | 'lines' | 'none', { name = 'a.mp3', width = 80, numRecordings = 1 } = {}) {
  let text = '';
  let time = 0;
  const progress = createProgress({
    kind,
    numRecordings,
    colours,
    write: (part) => (text += part),
    width: () => width,
    now: () => time,
  });
  const track = progress.begin(name);
  const at = (seconds: number, stage: 'segmentation' | 'embedding', done: number) => {
    time = seconds * 1000;
    track.observe({ type: 'progress', stage, done, total: 100 });
  };
  return { at, track, text: () => text };
}

test('a terminal gets one line with stage, per cent and time left, and it is taken away', () => {
  const { at, track, text } = recorder('bar');
  at(10, 'segmentation', 100);
  at(20, 'embedding', 50);
  // 0.33 for the segmentation, half of the 0.66 for the embeddings: just below 66 %, so after 20 s 10 are left
  expect(text()).toContain('━━━━━━━━━━━━━╌╌╌╌╌╌╌  65 %  embedding, 0:10 left');
  track.end(undefined);
  expect(text().endsWith('\r\x1b[K')).toBe(true);
});

/** What stands on the line last. */
const shown = (text: string) => text.split('\x1b[K').at(-1)!;

test('the end of a long path gives way to how far it is, not the other way round', () => {
  const name = '/home/ada/Interviews 2026/Gespräche/Müller.wav';
  const seen = [80, 50, 30].map((width) => {
    const { at, text } = recorder('bar', { name, width, numRecordings: 3 });
    at(10, 'segmentation', 100);
    at(20, 'embedding', 50);
    return shown(text());
  });
  // A column less than the terminal has, or it would wrap: of 49, 6 and 28 leave 15 for an ellipsis and 14 letters.
  expect(seen).toEqual([
    '[1/3] …6/Gespräche/Müller.wav  ━━━━━━━━━━━━━╌╌╌╌╌╌╌  65 %  embedding, 0:10 left',
    '[1/3] …che/Müller.wav  65 %  embedding, 0:10 left',
    '[1/3]   65 %  embedding, 0:1…',
  ]);
});

test('wide letters are counted as they are wide, and no name steers the terminal', () => {
  const { at, text } = recorder('bar', { name: '会議の録音と取材の記録\u001b[2J.mp3', width: 46 });
  at(10, 'segmentation', 100);
  at(20, 'embedding', 50);
  // 45 columns less 28 leave 17: an ellipsis, four letters of two columns, eight of one
  expect(shown(text())).toBe('…材の記録�[2J.mp3  65 %  embedding, 0:10 left');
});

test('a pipe gets a line a quarter once it takes long, and one at the end', () => {
  const { at, track, text } = recorder('lines');
  at(1, 'embedding', 50); // past a quarter, too early to speak of
  at(11, 'segmentation', 60);
  at(12, 'segmentation', 61);
  track.end('2 speakers');
  expect(text()).toBe('a.mp3: 52 %, segmentation, 0:10 left\na.mp3: 2 speakers\n');
});

test('quiet is quiet', () => {
  const { at, track, text } = recorder('none');
  at(20, 'embedding', 50);
  track.end('2 speakers');
  expect(text()).toBe('');
});
