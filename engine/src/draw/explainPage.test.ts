import { expect, test } from 'vitest';
import type { Diarization } from '../core/diarization.ts';
import { type ChunkedActivity, packSpeakers } from '../core/frames.ts';
import { explainPage } from './explainPage.ts';
import { EXPLAIN_SCRIPT } from './explainScript.ts';
import { runPicture } from './runPicture.ts';
import { type RunRecorder, runRecorder } from './runRecorder.ts';

const model = { name: 'tiny', version: '1', licence: 'CC0' };
const PYANNOTE = { numFrames: 589, width: 3, grid: { start: 0, duration: 991 / 16000, step: 270 / 16000 } };

/** Windows of 4 frames, 0.25 s apart, 1 s long and 1 s apart; local speaker 1 talks in the first, both in the second. */
const activity: ChunkedActivity = {
  chunks: { start: 0, duration: 1, step: 1 },
  numChunks: 2,
  grid: { start: 0, duration: 0.25, step: 0.25 },
  numFrames: 4,
  width: 2,
  talking: Uint8Array.of(1, 1, 1, 0, 1, 3, 2, 0),
};

function tinyRun(): RunRecorder {
  const recorder = runRecorder();
  recorder.hear(Float32Array.from({ length: 32000 }, (_, i) => (i === 20 ? -0.5 : 0.25)));
  // four sets of two speakers, at most two at a time: {} {0} {1} {0,1}
  const ln = (...p: number[]): number[] => p.map(Math.log);
  const one = [
    ...ln(0.2, 0.4, 0.2, 0.2),
    ...ln(0.2, 0.4, 0.2, 0.2),
    ...ln(0.2, 0.4, 0.2, 0.2),
    ...ln(0.4, 0.2, 0.2, 0.2),
  ];
  const two = [
    ...ln(0.2, 0.4, 0.2, 0.2),
    ...ln(0.2, 0.2, 0.2, 0.4),
    ...ln(0.2, 0.2, 0.4, 0.2),
    ...ln(0.4, 0.2, 0.2, 0.2),
  ];
  recorder.observe({ type: 'scores', firstChunk: 0, numChunks: 2, scores: Float32Array.from([...one, ...two]) });
  recorder.observe({ type: 'activity', activity });
  const vectors = Float32Array.of(1, 0, 0, 0.9, 0.1, 0, 0, 0, 1);
  const embeddings = {
    dimension: 3,
    numRows: 3,
    chunk: Int32Array.of(0, 1, 1),
    speaker: Int32Array.of(0, 0, 1),
    numSolo: Int32Array.of(3, 1, 0),
    vectors,
  };
  recorder.observe({ type: 'embeddings', embeddings });
  recorder.observe({ type: 'count', count: Uint8Array.of(1, 1, 1, 0, 1, 2, 1, 0, 0) });
  const clusters = {
    labels: Int32Array.of(2, 2, 0),
    numClusters: 3,
    centroids: new Float64Array(9),
    similarity: new Float64Array(9),
    warnings: [],
  };
  recorder.observe({ type: 'clusters', clusters });
  const grid = { start: 0, duration: 0.25, step: 0.25 };
  const votes = { grid, numFrames: 9, numSpeakers: 3, data: new Float32Array(27) };
  const discrete = { grid, numFrames: 9, numSpeakers: 3, data: new Uint8Array(27) };
  for (const [frame, cluster] of [
    [0, 2],
    [1, 2],
    [2, 2],
    [4, 2],
    [5, 2],
    [5, 0],
    [6, 0],
  ]) {
    votes.data[frame * 3 + cluster] = 1;
    discrete.data[frame * 3 + cluster] = 1;
  }
  recorder.observe({ type: 'votes', votes });
  recorder.observe({ type: 'discrete', discrete });
  return recorder;
}

const result: Diarization = {
  duration: 2,
  turns: [
    { start: 0.125, end: 0.875, speaker: 'SPEAKER_01' },
    { start: 1.125, end: 1.625, speaker: 'SPEAKER_01' },
    { start: 1.375, end: 1.875, speaker: 'SPEAKER_00' },
  ],
  exclusiveTurns: [{ start: 0.125, end: 0.875, speaker: 'SPEAKER_01' }],
  speakers: [
    { label: 'SPEAKER_00', speechDuration: 0.5 },
    { label: 'SPEAKER_01', speechDuration: 1.25 },
  ],
  model,
  warnings: ['Mind the <gap>.'],
};

test('every stage of a run is in the picture, in bytes', () => {
  const picture = runPicture(tinyRun().record(), result, { name: 'two people' });
  // cluster 2 is SPEAKER_01 because clusters are named in order; cluster 1 has nobody
  expect(picture.speakers).toEqual([
    { label: 'SPEAKER_00', speechDuration: 0.5, cluster: 0 },
    { label: 'SPEAKER_01', speechDuration: 1.25, cluster: 2 },
    { label: 'cluster 1, never chosen', speechDuration: 0, cluster: 1 },
  ]);
  expect(picture.wave).toMatchObject({ binDuration: 0.001, peak: 0.5 });
  expect([...picture.wave.data.subarray(0, 6)]).toEqual([191, 191, 0, 191, 191, 191]); // 0.25 of 0.5: (0.5 + 1) · 127.5
  expect(picture.windows).toMatchObject({ sets: [0, 1, 2, 3], isPowerset: true, chunks: [0, 1], telling: 1 });
  expect([...picture.windows!.scores.subarray(0, 4)]).toEqual([51, 102, 51, 51]); // 0.2 and 0.4 of 255
  expect([...picture.windows!.active]).toEqual([1, 1, 1, 0, 1, 3, 2, 0]);
  const { bricks } = picture.windows!;
  expect(bricks.chunks).toEqual([0, 1]);
  expect([...bricks.numRuns]).toEqual([1, 2]);
  expect([...bricks.runs]).toEqual([0, 0, 0, 0, 3, /* */ 0, 0, 0, 0, 2, /* */ 1, 0, 1, 0, 3]);
  expect([...bricks.speakerOf]).toEqual([1, 255, 1, 0]);
  expect([...picture.timeline!.count]).toEqual([1, 1, 1, 0, 1, 2, 1, 0, 0]);
  expect([...picture.timeline!.votes.subarray(15, 18)]).toEqual([255, 255, 0]); // frame 5: both, of the only window
  expect(picture.points!.points.map(({ training, speaker }) => [training, speaker])).toEqual([
    [true, 1],
    [true, 1],
    [false, 0],
  ]);
  expect(picture.turns[2]).toEqual([1.375, 1.875, 0]);
});

test('whatever the recording is called, the page says so and nothing else', () => {
  const name = '</title><script>alert("x")</script> & <img src=x onerror=alert(1)>';
  const named = { ...result, speakers: [{ label: '</script><b>', speechDuration: 1 }, result.speakers[1]] };
  const page = explainPage(runPicture(tinyRun().record(), named, { name }), { scriptHash: 'abc' });
  expect(page).toContain(
    'Who spoke when in &lt;/title&gt;&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp; &lt;img',
  );
  expect(page).toContain('Mind the &lt;gap&gt;.');
  expect(page).not.toContain('<img');
  expect(page.match(/<script/g)).toHaveLength(2);
  expect(page.match(/<\/script>/g)).toHaveLength(2);
});

test('the page asks for nothing from outside', () => {
  const page = explainPage(runPicture(tinyRun().record(), result, { name: 'x' }), { scriptHash: 'abc' });
  expect(page).toContain("default-src 'none'; script-src 'sha256-abc'; style-src 'unsafe-inline'; media-src blob:");
  expect(page.replace(/<script[\s\S]*?<\/script>/g, '')).not.toMatch(/(src|href|url|action)\s*[=(]|@import|https?:/i);
  expect(EXPLAIN_SCRIPT).not.toMatch(/fetch|XMLHttp|import\(|WebSocket|https?:|innerHTML|\beval\b/);
  expect(() => new Function(EXPLAIN_SCRIPT)).not.toThrow();
});

test('every picture has a name, and the turns are a table', () => {
  const page = explainPage(runPicture(tinyRun().record(), result, { name: 'x' }), { scriptHash: 'abc' });
  const canvases = page.match(/<canvas [^>]*>/g)!;
  expect(canvases).toHaveLength(9);
  for (const canvas of canvases) expect(canvas).toMatch(/role="img" aria-label="[^"]+"/);
  expect(page).toMatch(/<svg id="scatter"[^>]* role="img" aria-labelledby="scatter-title scatter-desc"><title/);
  expect(page.match(/<tr><td>/g)).toHaveLength(3);
  expect(page).toContain('<tr><td>1.38 s<td>1.88 s<td>0.50<td class="s0">SPEAKER_00');
});

test('silence is a page too', () => {
  const recorder = runRecorder();
  recorder.hear(new Float32Array(16000));
  const silence = {
    ...result,
    duration: 1,
    turns: [],
    exclusiveTurns: [],
    speakers: [],
    warnings: ['No speech was found.'],
  };
  const page = explainPage(runPicture(recorder.record(), silence, { name: 'x' }), { scriptHash: 'abc' });
  expect(page).toContain('No speech was found.');
  expect(page).toContain('0 speakers in 0 turns');
});

test('three hours of a lively meeting are a page of less than 5 MB', () => {
  const numChunks = 10_800;
  const recorder = runRecorder();
  recorder.hear(new Float32Array(16 << 17)); // as many bins as an outline ever has
  const scores = Float32Array.from({ length: 589 * 7 }, (_, i) => Math.log(((i * 7919) % 101) / 101 + 0.01));
  for (let chunk = 0; chunk < numChunks; chunk++)
    recorder.observe({ type: 'scores', firstChunk: chunk, numChunks: 1, scores });
  const chunks = { start: 0, duration: 10, step: 1 };
  const active = Uint8Array.from({ length: numChunks * 589 * 3 }, (_, i) => ((i * 31) % 97 < 40 ? 1 : 0));
  const long: ChunkedActivity = { ...PYANNOTE, chunks, numChunks, talking: packSpeakers(active, 3) };
  recorder.observe({ type: 'activity', activity: long });
  const numRows = numChunks * 3;
  const labels = Int32Array.from({ length: numRows }, (_, row) => row % 8);
  const embeddings = {
    dimension: 8,
    numRows,
    chunk: Int32Array.from({ length: numRows }, (_, row) => Math.floor(row / 3)),
    speaker: Int32Array.from({ length: numRows }, (_, row) => row % 3),
    numSolo: new Int32Array(numRows).fill(200),
    vectors: Float32Array.from({ length: numRows * 8 }, (_, i) => Math.sin(i * i)),
  };
  recorder.observe({ type: 'embeddings', embeddings });
  const numFrames = 640_534;
  const nothing = new Float64Array(64);
  recorder.observe({ type: 'count', count: Uint8Array.from({ length: numFrames }, (_, i) => i % 3) });
  recorder.observe({
    type: 'clusters',
    clusters: { labels, numClusters: 8, centroids: nothing, similarity: nothing },
  });
  const shape = { grid: PYANNOTE.grid, numFrames, numSpeakers: 8 };
  const heard = Float32Array.from({ length: numFrames * 8 }, (_, i) => (i * 13) % 10);
  recorder.observe({ type: 'votes', votes: { ...shape, data: heard } });
  recorder.observe({ type: 'discrete', discrete: { ...shape, data: Uint8Array.from(heard, (v) => (v > 8 ? 1 : 0)) } });
  // 12 turns a minute of each of 8 speakers
  const turns = Array.from({ length: 8 * 12 * 180 }, (_, i) => ({
    start: i * 0.625,
    end: i * 0.625 + 3.125,
    speaker: `SPEAKER_0${i % 8}`,
  }));
  const speakers = Array.from({ length: 8 }, (_, i) => ({ label: `SPEAKER_0${i}`, speechDuration: 1350 }));
  const meeting = { ...result, duration: numChunks, turns, exclusiveTurns: turns, speakers };
  const page = explainPage(runPicture(recorder.record(), meeting, { name: 'a long day' }), { scriptHash: 'abc' });
  expect(page.length).toBeLessThan(5e6);
  expect(page).toMatch(/10800 windows, of which \d+ are kept/);
});
