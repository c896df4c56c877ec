import { expect, test } from 'vitest';
import { formatByName } from './table.ts';
import type { TextAnnotation } from './turns.ts';

/** What each format looks like, worked out by hand. */
const write = (format: string, annotation: TextAnnotation) => formatByName(format).write!([annotation]);

const plain: TextAnnotation = {
  uri: 'my talk',
  duration: 65,
  turns: [
    { start: 59.9996, end: 64.0004, speaker: 'Bo' },
    { start: 1.0625, end: 2.1875, speaker: 'Anna B' },
  ],
};
const spoken: TextAnnotation = {
  uri: 'talk',
  turns: [{ start: 0.5, end: 1.5, speaker: 'Anna', text: 'One *two*\n\nthree_four _5_', confidence: 0.875 }],
};

// pyannote.core 6.1: to_lab() of the same turns; it refuses the blank in the name, which is an underscore here.
test('LAB', () => expect(write('lab', plain)).toBe('1.062 2.188 Anna_B\n60.000 64.000 Bo\n'));

test('UEM', () => {
  expect(write('uem', plain)).toBe('my_talk 1 0.000 65.000\n');
  expect(write('uem', { ...plain, duration: undefined })).toBe('my_talk 1 0.000 64.000\n');
});

test('SubRip carries 59.9996 s into the next minute', () => {
  expect(write('srt', plain)).toBe(
    '1\n00:00:01,062 --> 00:00:02,188\nAnna B:\n\n2\n00:01:00,000 --> 00:01:04,000\nBo:\n\n',
  );
  expect(write('srt', spoken)).toBe('1\n00:00:00,500 --> 00:00:01,500\nAnna: One *two*\nthree_four _5_\n\n');
});

test('WebVTT', () => {
  expect(write('vtt', plain)).toBe(
    'WEBVTT\n\n00:00:01.062 --> 00:00:02.188\n<v Anna B>Anna B</v>\n\n00:01:00.000 --> 00:01:04.000\n<v Bo>Bo</v>\n\n',
  );
});

test('hours grow beyond two digits and a cue lasts a millisecond at least', () => {
  const long = { turns: [{ start: 360_000, end: 360_000.0001, speaker: 'A' }] };
  expect(write('vtt', long)).toContain('100:00:00.000 --> 100:00:00.001');
  expect(write('md', { turns: [{ ...long.turns[0], text: 'late' }] })).toContain('**A** (100:00:00): late');
});

test('text', () => {
  expect(write('txt', plain)).toBe('[00:00:01.062 - 00:00:02.188] Anna B\n[00:01:00.000 - 00:01:04.000] Bo\n');
  expect(write('txt', spoken)).toBe('[00:00:00.500 - 00:00:01.500] Anna: One *two* three_four _5_\n');
});

test('Markdown is a table, or a transcript when there is text', () => {
  expect(write('md', plain)).toBe(
    '# my talk\n\n| start | end | speaker |\n|---|---|---|\n' +
      '| 00:00:01.062 | 00:00:02.188 | Anna B |\n| 00:01:00.000 | 00:01:04.000 | Bo |\n',
  );
  expect(write('md', spoken)).toBe('# talk\n\n**Anna** (00:00:00): One \\*two\\* three_four \\_5\\_\n');
});

test('CSV has the columns it needs', () => {
  expect(write('csv', plain)).toBe('file,start,end,speaker\nmy talk,1.062,2.188,Anna B\nmy talk,60.000,64.000,Bo\n');
  expect(write('csv', { turns: spoken.turns })).toBe(
    'start,end,speaker,confidence,text\n0.500,1.500,Anna,0.875,"One *two*\n\nthree_four _5_"\n',
  );
});

test('Audacity labels', () => {
  expect(write('audacity', plain)).toBe('1.062500\t2.187500\tAnna B\n59.999600\t64.000400\tBo\n');
});

test('CTM shares the time of a turn among its words by their letters', () => {
  const turns = [{ start: 1, end: 2, speaker: 'A', text: 'ab cdefgh' }];
  expect(write('ctm', { uri: 't', turns })).toBe('t 1 1.000 0.250 ab NA lex A\nt 1 1.250 0.750 cdefgh NA lex A\n');
  const over = [
    { start: 0, end: 4, speaker: 'A', text: 'ab cd' },
    { start: 1, end: 2, speaker: 'B', text: 'yes' },
  ];
  expect(write('ctm', { uri: 't', turns: over }).match(/ \w+ NA /g)).toEqual([' ab NA ', ' yes NA ', ' cd NA ']);
  expect(() => write('ctm', plain)).toThrow(
    'got turns without text for my talk when CTM holds words; RTTM holds turns',
  );
});

test('STM', () => expect(write('stm', spoken)).toBe('talk 1 Anna 0.500 1.500 <NA> One *two* three_four _5_\n'));

test('JSON holds a whole diarization, embeddings included', () => {
  const diarization = {
    duration: 2,
    turns: [{ start: 0.1, end: 1, speaker: 'SPEAKER_00' }],
    exclusiveTurns: [{ start: 0.1, end: 0.9, speaker: 'SPEAKER_00' }],
    speakers: [{ label: 'SPEAKER_00', embedding: Float32Array.of(0.1, -2), speechDuration: 0.9 }],
    model: { name: 'embedded', version: '0', licence: 'Apache-2.0' },
    warnings: [],
  };
  const text = write('json', diarization);
  expect(JSON.parse(text)).toEqual({
    ...diarization,
    speakers: [{ label: 'SPEAKER_00', embedding: [0.100000001, -2], speechDuration: 0.9 }],
  });
  expect(Float32Array.from(JSON.parse(text).speakers[0].embedding)).toEqual(diarization.speakers[0].embedding);
});

test('JSON of pyannote and pyannoteAI', () => {
  const turns = [{ start: 1.0625, end: 2.0004, speaker: 'SPEAKER_00', confidence: 0.957 }];
  expect(JSON.parse(write('pyannote', { turns, exclusiveTurns: turns }))).toEqual({
    diarization: [{ start: 1.062, end: 2, speaker: 'SPEAKER_00' }],
    exclusive_diarization: [{ start: 1.062, end: 2, speaker: 'SPEAKER_00' }],
  });
  expect(JSON.parse(write('pyannoteai', { turns }))).toEqual({
    diarization: [{ speaker: 'SPEAKER_00', start: 1.062, end: 2, confidence: { SPEAKER_00: 96 } }],
  });
});

test('JSON of a turn that never ends is refused', () => {
  const text = '[{"start": 0, "end": 1e999, "speaker": "A"}]';
  expect(() => formatByName('json').parse?.(text)).toThrow('got Infinity when a number of seconds was expected');
});

test("overlapping turns of one speaker go to further tiers of Praat's and ELAN's", () => {
  const turns = [
    { start: 0, end: 4, speaker: 'A' },
    { start: 1, end: 2, speaker: 'A' },
    { start: 2, end: 3, speaker: 'A' },
    { start: 5, end: 6, speaker: 'A' },
    { start: 5, end: 6, speaker: 'A (2)' },
  ];
  const eaf = write('eaf', { turns });
  expect([...eaf.matchAll(/TIER_ID="([^"]*)"/g)].map(([, id]) => id)).toEqual(['A', 'A (3)', 'A (2)']);
  const tiers = write('textgrid', { turns }).split('"IntervalTier"').slice(1);
  expect(tiers.map((tier) => tier.match(/text = "A[^"]*"/g)?.length)).toEqual([2, 2, 1]);
});

test('characters that XML does not have become replacement characters', () => {
  const eaf = write('eaf', { turns: [{ start: 0, end: 1, speaker: 'a\u0000b\uD800c\uFFFFd' }] });
  expect(eaf).toContain('TIER_ID="a\uFFFDb\uFFFDc\uFFFDd"');
  expect(formatByName('eaf').parse!(eaf)[0].turns[0].speaker).toBe('a\uFFFDb\uFFFDc\uFFFDd');
});

test('times that are not numbers are refused by every writer of text', () => {
  const turns = [{ start: Number.NaN, end: 1, speaker: 'A' }];
  for (const format of [
    'uem',
    'srt',
    'vtt',
    'txt',
    'md',
    'csv',
    'stm',
    'eaf',
    'textgrid',
    'audacity',
    'json',
    'rttm',
    'lab',
  ]) {
    expect(() => write(format, { turns, duration: Number.NaN }), format).toThrow('Got NaN');
  }
});
