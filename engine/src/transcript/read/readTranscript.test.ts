import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TRANSCRIPT_FORMATS, textOfWords } from '../transcript.ts';
import { readTranscript } from './readTranscript.ts';

// The talk that fixtures/transcripts/make.mjs writes in every format.
const TEXT = "Hello, how are you? I'm fine, 42 euros well-known 😀.";

const fixture = (name: string) =>
  readFileSync(new URL(`../../../../fixtures/transcripts/${name}`, import.meta.url), 'utf8');

const FILES = [
  ['words.json', 'words'],
  ['segments.json', 'segments'],
  ['pyannoteai.json', 'pyannoteai'],
  ['whisperx.json', 'whisperx'],
  ['faster_whisper.json', 'whisperx'],
  ['openai.json', 'openai'],
  ['openai_diarized.json', 'openai'],
  ['whisper_cpp.json', 'whisper_cpp'],
  ['assemblyai.json', 'assemblyai'],
  ['deepgram.json', 'deepgram'],
  ['speechmatics.json', 'speechmatics'],
  ['rev.json', 'rev'],
  ['gladia.json', 'gladia'],
  ['subtitles.srt', 'srt'],
  ['subtitles.vtt', 'vtt'],
] as const;

test.each(FILES)('%s is recognised as %s, and its text comes out to the byte', (file, format) => {
  const transcript = readTranscript(fixture(file));
  expect(transcript.format).toBe(format);
  expect(textOfWords(transcript.words).trim()).toBe(TEXT);
  expect(readTranscript(fixture(file), { format })).toEqual(transcript);
  expect(transcript.warnings).toEqual([]);
});

test.each(FILES)('%s gives every word its time', (file) => {
  const { words } = readTranscript(fixture(file));
  const hello = words[0];
  const euros = words.find(({ text }) => text === 'euros')!;
  if (hello.interpolated) expect(hello.start).toBe(0.5);
  else expect([hello.start, hello.end]).toEqual([0.5, 0.82]);
  if (euros.interpolated) expect(euros.start).toBeGreaterThan(2.1);
  else expect([euros.start, euros.end]).toEqual([3.35, 3.8]);
  for (const { start, end } of words) expect(end).toBeGreaterThanOrEqual(start);
});

test('every format that is named is covered by a file', () => {
  expect([...new Set(FILES.map(([, format]) => format))].sort()).toEqual([...TRANSCRIPT_FORMATS].sort());
});

test('a word that whisperX could not align lies between its neighbours, and says so', () => {
  const { words } = readTranscript(fixture('whisperx.json'));
  const number = words.find(({ text }) => text === '42')!;
  expect(number).toMatchObject({ start: 2.7, end: 3.35, interpolated: true });
  expect(words.filter(({ interpolated }) => interpolated).map(({ text }) => text)).toEqual(['42', '😀.']);
});

test('speakers, languages and confidences of the source are kept', () => {
  expect(readTranscript(fixture('deepgram.json')).words[4]).toMatchObject({ speaker: 'SPEAKER_01', confidence: 0.95 });
  expect(readTranscript(fixture('assemblyai.json')).words[0]).toMatchObject({ speaker: 'A', language: 'en_us' });
  expect(readTranscript(fixture('subtitles.vtt')).words[5]).toMatchObject({ speaker: 'Ben' });
  expect(readTranscript(fixture('gladia.json'))).toMatchObject({ language: 'en', duration: 5.2 });
});

test('milliseconds for seconds are found out and said', () => {
  const words = [
    { text: 'one', start: 500, end: 820 },
    { text: 'two', start: 900, end: 1000 },
    { text: 'three', start: 1020, end: 1400 },
  ];
  const { words: read, warnings } = readTranscript(words);
  expect(read.map(({ start, end }) => [start, end])).toEqual([
    [0.5, 0.82],
    [0.9, 1],
    [1.02, 1.4],
  ]);
  expect(warnings).toEqual(['Times were read as milliseconds: as seconds a character would last 76 s.']);
  expect(readTranscript(words, { unit: 's' }).words[0].start).toBe(500);
});

test('seconds in a format of milliseconds are found out, too', () => {
  const source = {
    audio_url: 'x',
    words: [
      { text: 'Hello', start: 0.5, end: 0.82 },
      { text: 'there', start: 0.9, end: 1.2 },
      { text: 'you', start: 1.3, end: 1.5 },
    ],
  };
  expect(readTranscript(source)).toMatchObject({
    format: 'assemblyai',
    words: [{ start: 0.5 }, { start: 0.9 }, { start: 1.3 }],
  });
});

test('a long pause in a segment does not make seconds milliseconds', () => {
  const { words, warnings } = readTranscript([
    { text: 'hi', start: 0, end: 30 },
    { text: 'you', start: 31, end: 31.5 },
    { text: 'there', start: 32, end: 32.5 },
  ]);
  expect(words[0].end).toBe(30);
  expect(warnings).toEqual([]);
});

test('Chinese without blanks is cut at characters and joined without blanks', () => {
  const { words } = readTranscript([{ start: 0, end: 2, text: '你好，世界。' }]);
  expect(words.map(({ text, after = '' }) => text + after)).toEqual(['你', '好，', '世', '界。']);
  expect(words[2]).toMatchObject({ interpolated: true });
  expect(textOfWords(words)).toBe('你好，世界。');
  expect(
    textOfWords(
      readTranscript([
        { text: '你', start: 0, end: 1 },
        { text: '好', start: 1, end: 2 },
      ]).words,
    ),
  ).toBe('你好');
});

test('Thai without blanks is cut at words, never between a vowel and the consonant that it is written before', () => {
  // "I love Thailand", "come here": ฉัน I · รัก love · ประเทศ country · ไทย Thai · มา come · ที่ at · นี่ this
  const text = 'ฉันรักประเทศไทย มาที่นี่';
  const { words } = readTranscript([{ start: 0, end: 3, text }]);
  const parts = words.map((word) => word.text);
  expect(parts.slice(0, 2)).toEqual(['ฉัน', 'รัก']);
  for (const part of parts) expect(part).not.toMatch(/[เแโใไ]$|^[ะาำๅ\p{M}]/u);
  expect(textOfWords(words)).toBe(text);
});

test('right-to-left text and emoji come through', () => {
  const text = 'שלום, מה שלומך? مرحبا 👩‍👩‍👧 e\u0301té';
  expect(textOfWords(readTranscript([{ start: 0, end: 3, text }]).words)).toBe(text);
});

test('negative, backward and missing times are told', () => {
  const { words, warnings } = readTranscript(
    [
      { text: 'a', start: -1, end: 0.5 },
      { text: 'b', start: 2, end: 1 },
      { text: 'c' },
      { text: 'd', start: '3.5', end: '4s' },
    ],
    { format: 'words' },
  );
  expect(words.map(({ start, end }) => [start, end])).toEqual([
    [0, 0.5],
    [2, 2.75],
    [2.75, 3.5],
    [3.5, 4],
  ]);
  expect(warnings).toEqual([
    '1 times were negative and were taken as 0.',
    '1 words or segments ended before they began; their ends were taken as unknown.',
  ]);
});

test('words after the end of the recording are told', () => {
  const { warnings } = readTranscript(fixture('words.json'), { duration: 3 });
  expect(warnings).toEqual(['3 words begin after the end of the recording at 3.000 s.']);
});

test('a transcript without any time is spread over the recording, if its length is known', () => {
  const source = { text: 'one two three' };
  expect(() => readTranscript(source)).toThrow('has no times at all: give the length of the recording');
  expect(readTranscript(source, { duration: 11 }).words.map(({ start, end }) => [start, end])).toEqual([
    [0, 3],
    [3, 6],
    [6, 11],
  ]);
});

test('"Note: this" is text where cues do not agree on names', () => {
  const srt =
    '1\n00:00:01,000 --> 00:00:02,000\nNote: this is text\n\n2\n00:00:03,000 --> 00:00:04,000\nand this\n\n3\n00:00:05,000 --> 00:00:06,000\nis more\n';
  expect(textOfWords(readTranscript(srt).words)).toBe('Note: this is text and this is more');
  const named = srt.replace('and', 'Ada: and').replace('is more', 'Ada: is more');
  expect(readTranscript(named).segments.map(({ speaker }) => speaker)).toEqual(['Note', 'Ada', 'Ada']);
});

test('an arrow in what was said makes no cue of SubRip', () => {
  const srt = '1\n00:00:01,000 --> 00:00:02,000\nfrom A --> B\n\n2\n00:00:03,000 --> 00:00:04,000\nyes\n';
  const { words, segments } = readTranscript(srt);
  expect(textOfWords(words)).toBe('from A --> B yes');
  expect(segments.map(({ start, end }) => [start, end])).toEqual([
    [1, 2],
    [3, 4],
  ]);
});

// WebVTT (W3C), section 6.1, "collect a WebVTT block": a line with --> ends the block before it, blank line or not.
test('cues of WebVTT without a blank line between them keep their texts', () => {
  const vtt = 'WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n00:02.000 --> 00:03.000\nyou\n';
  expect(textOfWords(readTranscript(vtt).words)).toBe('Hello you');
});

test.each([
  ['<!DOCTYPE html><html></html>', 'is an HTML page when a transcript was expected'],
  ['{"text": "half', 'is not whole JSON'],
  ['', 'is empty when a transcript was expected'],
  ['just text', 'is no transcript that is recognised'],
  ['#!/bin/sh\n\texit 0\n', 'got the text "#!/bin/sh exit 0 ", which'],
  ['[1, 2]', 'got a list of 2, which is no transcript that is recognised'],
  ['{"foo": 1}', 'got an object with the keys foo'],
])('%s is refused with its reason', (source, reason) => {
  expect(() => readTranscript(source)).toThrow(reason);
});

test('any JSON is read or refused with a reason, never by accident', () => {
  fc.assert(
    fc.property(fc.constantFrom(...TRANSCRIPT_FORMATS.slice(0, 11)), fc.json(), (format, source) => {
      try {
        readTranscript(source, { format });
      } catch (error) {
        expect((error as Error).name).toBe('FormatError');
      }
    }),
    { numRuns: 500 },
  );
});

test('whatever the text of segments, it comes out to the byte', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 5 }),
      (texts) => {
        const segments = texts.map((text, i) => ({ start: i, end: i + 1, text }));
        const { words } = readTranscript(segments, { format: 'segments', unit: 's' });
        const read = texts.filter((text) => text.trim() !== '');
        for (let i = 0; i < read.length; i++) {
          expect(textOfWords(words.filter(({ segment }) => segment === i))).toBe(read[i]);
        }
      },
    ),
  );
});
