import { expect, test } from 'vitest';
import { coloursFor } from './colours.ts';
import { createProgress } from './progress.ts';

const colours = coloursFor({}, {});

function recorder(kind: 'bar' | 'lines' | 'none') {
  let text = '';
  let time = 0;
  const progress = createProgress({
    kind,
    numRecordings: 1,
    colours,
    write: (part) => (text += part),
    width: () => 80,
    now: () => time,
  });
  const track = progress.begin('a.mp3');
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
