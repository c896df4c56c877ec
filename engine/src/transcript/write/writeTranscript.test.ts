import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { assignSpeakers } from '../assign.ts';
import { readTranscript } from '../read/readTranscript.ts';
import { textOfWords } from '../transcript.ts';
import { columns, cuesOf } from './cues.ts';
import { letterOf } from './shapes.ts';
import { TRANSCRIPT_OUTPUTS, writeTranscript } from './writeTranscript.ts';

const source = readFileSync(new URL('../../../../fixtures/transcripts/whisperx.json', import.meta.url), 'utf8');
const turns = [
  { speaker: 'SPEAKER_00', start: 0.4, end: 1.6 },
  { speaker: 'SPEAKER_01', start: 2, end: 5 },
];
const assigned = assignSpeakers(readTranscript(source), { turns, duration: 5.2 });
const names = { SPEAKER_00: 'Ada' };

test('text for people has times and names', () => {
  expect(writeTranscript(assigned, 'txt', { names })).toBe(
    "[00:00:00] Ada: Hello, how are you?\n[00:00:02] SPEAKER_01: I'm fine, 42 euros well-known 😀.\n",
  );
  expect(writeTranscript(assigned, 'md', { names, title: 'Talk' })).toBe(
    "# Talk\n\n**Ada** (00:00:00): Hello, how are you?\n\n**SPEAKER_01** (00:00:02): I'm fine, 42 euros well-known 😀.\n",
  );
});

test('subtitles carry the speaker before the text or as a voice tag', () => {
  expect(writeTranscript(assigned, 'srt', { names }).split('\n').slice(0, 3)).toEqual([
    '1',
    '00:00:00,500 --> 00:00:01,520',
    'Ada: Hello, how are you?',
  ]);
  expect(writeTranscript(assigned, 'vtt', { names }).split('\n').slice(2, 4)).toEqual([
    '00:00:00.500 --> 00:00:01.520',
    '<v Ada>Hello, how are you?</v>',
  ]);
});

test('cues keep to their lines and to a speed that can be read', () => {
  const words = Array.from({ length: 60 }, (_, i) => ({
    text: `word${i}${i % 9 === 8 ? '.' : ''}`,
    start: i * 0.2,
    end: i * 0.2 + 0.2,
  }));
  const long = assignSpeakers(readTranscript(words), { turns: [{ speaker: 'A', start: 0, end: 20 }] });
  const cues = cuesOf(long.turns, { maxLineLength: 30 });
  expect(cues.flatMap(({ lines }) => lines).join(' ')).toBe(long.turns[0].text);
  for (const { lines, start, end } of cues) {
    expect(lines.length).toBeLessThanOrEqual(2);
    for (const line of lines) expect(columns(line)).toBeLessThanOrEqual(30);
    expect(end - start).toBeLessThanOrEqual(7.001);
  }
  const quick = assignSpeakers(readTranscript([{ text: 'Unbelievable!', start: 1, end: 1.2 }], { unit: 's' }), {
    turns: [{ speaker: 'A', start: 0, end: 2 }],
  });
  expect(cuesOf(quick.turns, { maxCharactersPerSecond: 13 })[0].end).toBe(2);
});

test('the name before a subtitle is part of its line', () => {
  const words = 'Good morning and welcome to the show, here are the news of today and of the night before.'
    .split(' ')
    .map((text, i) => ({ text, start: i / 5, end: (i + 1) / 5 }));
  const long = assignSpeakers(readTranscript(words, { unit: 's' }), { turns: [{ speaker: 'A', start: 0, end: 5 }] });
  const lines = writeTranscript(long, 'srt', { names: { A: 'Dr. Anneliese Lüdenscheidt' } }).split('\n');
  // 28 columns of the 42 are the name's, which leaves 14: "Good morning and" has 16
  expect(lines.slice(2, 4)).toEqual([
    'Dr. Anneliese Lüdenscheidt: Good morning',
    'and welcome to the show, here are the news',
  ]);
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(42);
  // A voice tag takes no room on the screen.
  expect(writeTranscript(long, 'vtt')).toContain('<v A>Good morning and welcome to the show, here');
});

test('Chinese breaks between letters, which are two columns wide', () => {
  const text = '今天天气很好我们去公园散步吧';
  const chinese = assignSpeakers(readTranscript([{ text, start: 0, end: 4 }], { format: 'segments' }), {
    turns: [{ speaker: 'A', start: 0, end: 4 }],
  });
  expect(cuesOf(chinese.turns, { maxLineLength: 16 })[0].lines).toEqual(['今天天气很好我们', '去公园散步吧']);
});

test.each(TRANSCRIPT_OUTPUTS)('%s that is written is read with the same text', (format) => {
  const text = writeTranscript(assigned, format, { maxLineLength: 60 }); // so that no blank becomes a line's end
  if (format === 'txt' || format === 'md') return expect(text).toContain("I'm fine, 42 euros");
  const source: unknown = format === 'json' ? (JSON.parse(text) as { words: unknown }).words : text;
  const back = readTranscript(source);
  expect(textOfWords(back.words).trim()).toBe("Hello, how are you? I'm fine, 42 euros well-known 😀.");
});

test('diarized_json names speakers by letters, Gladia by numbers, both every one', () => {
  const diarized = JSON.parse(writeTranscript(assigned, 'diarized_json')) as { segments: { speaker: string }[] };
  expect(diarized.segments.map(({ speaker }) => speaker)).toEqual(['A', 'B']);
  const gladia = JSON.parse(writeTranscript(assigned, 'gladia', { distinctChannels: 2 })) as {
    result: { metadata: object; transcription: { utterances: { speaker: number; words: { word: string }[] }[] } };
  };
  expect(gladia.result.metadata).toEqual({
    audio_duration: 5.2,
    number_of_distinct_channels: 2,
    billing_time: 10.4,
    transcription_time: 0,
  });
  expect(gladia.result.transcription.utterances.map(({ speaker }) => speaker)).toEqual([0, 1]);
  expect(gladia.result.transcription.utterances[0].words.map(({ word }) => word).join('')).toBe('Hello, how are you?');
  expect([0, 25, 26, 701, 702].map((n) => letterOf(`SPEAKER_${n}`))).toEqual(['A', 'Z', 'AA', 'ZZ', 'AAA']);
});

test('an unknown format is refused with the nearest', () => {
  // @ts-expect-error a name that is none
  expect(() => writeTranscript(assigned, 'whisperX2')).toThrow("Did you mean 'whisperx'?");
});
