import fc from 'fast-check';
import { expect, test } from 'vitest';
import { assignSpeakers } from './assign.ts';
import { readTranscript } from './read/readTranscript.ts';
import { TRANSCRIPT_FORMATS, type TranscriptFormat, textOfWords } from './transcript.ts';
import { assignInPlace } from './write/sameShape.ts';

// Whatever a recogniser says, in whatever order and at whatever times: words go through assign as they came.

interface Said {
  readonly text: string;
  readonly start?: number;
  readonly end?: number;
}

const scripts = [
  'hello',
  'Ünïcödé',
  'שלום',
  'مرحبا',
  'नमस्ते',
  '你好世界',
  'ありがとう',
  'สวัสดี',
  '😀',
  '👩‍👩‍👧‍👦',
  '42',
  'well-known',
  'don’t',
  '¿qué?',
  '…',
  '“so”',
  'e\u0301',
];
const word = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...scripts) },
  // Anything without blanks; signs that mean something in subtitles or to Whisper are left to the readers' own tests.
  {
    weight: 1,
    arbitrary: fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
      .filter((text) => /^[^\s\p{C}<>&[\]{}:_|-]+$/u.test(text) && /[\p{L}\p{N}]/u.test(text)),
  },
);
const time = fc.option(fc.double({ min: -5, max: 200, noNaN: true }), { nil: undefined, freq: 5 });
const said: fc.Arbitrary<Said> = fc.record({ text: word, start: time, end: time }).map(({ text, start, end }) => ({
  text,
  ...(start === undefined ? {} : { start }),
  ...(end === undefined ? {} : { end }),
}));
const segments = fc.array(fc.array(said, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 });
const turns = fc.array(
  fc
    .record({
      speaker: fc.constantFrom('A', 'B', 'C', '李'),
      start: fc.double({ min: 0, max: 200, noNaN: true }),
      length: fc.double({ min: 0, max: 30, noNaN: true }),
    })
    .map(({ speaker, start, length }) => ({ speaker, start, end: start + length })),
  { maxLength: 12 },
);

const joined = (words: readonly Said[]) => words.map(({ text }) => text).join(' ');
const ms = (seconds: number | undefined) => (seconds === undefined ? undefined : Math.round(seconds * 1000));
const clock = (seconds = 0) => new Date(Math.max(0, seconds * 1000)).toISOString().slice(11, 23);
const bounds = (words: readonly Said[]) => ({ start: words[0].start, end: words[words.length - 1].end });

/** The same words in the shape of each format. */
const shapes: Readonly<Record<TranscriptFormat, (talk: readonly (readonly Said[])[]) => unknown>> = {
  words: (talk) => talk.flat(),
  segments: (talk) => talk.map((words) => ({ ...bounds(words), text: joined(words) })),
  pyannoteai: (talk) => ({
    output: {
      wordLevelTranscription: talk.flat().map((one) => ({ ...one, speaker: 'X' })),
      turnLevelTranscription: talk.map((words) => ({ ...bounds(words), text: joined(words), speaker: 'X' })),
    },
  }),
  whisperx: (talk) => ({
    segments: talk.map((words) => ({
      ...bounds(words),
      text: ` ${joined(words)}`,
      words: words.map(({ text, ...rest }) => ({ word: text, ...rest })),
    })),
  }),
  openai: (talk) => ({
    task: 'transcribe',
    text: talk.map(joined).join(' '),
    words: talk.flat().map(({ text, ...rest }) => ({ word: text, ...rest })),
  }),
  whisper_cpp: (talk) => ({
    transcription: talk.map((words) => ({
      offsets: { from: ms(words[0].start), to: ms(words[words.length - 1].end) },
      text: ` ${joined(words)}`,
      tokens: words.map(({ text, start, end }) => ({ text: ` ${text}`, offsets: { from: ms(start), to: ms(end) } })),
    })),
  }),
  assemblyai: (talk) => ({
    status: 'completed',
    audio_duration: 200,
    text: talk.map(joined).join(' '),
    words: talk.flat().map(({ text, start, end }) => ({ text, start: ms(start), end: ms(end) })),
    utterances: null,
  }),
  deepgram: (talk) => ({
    results: {
      channels: [
        {
          alternatives: [
            {
              transcript: talk.map(joined).join(' '),
              words: talk.flat().map(({ text, ...rest }) => ({ word: text, punctuated_word: text, ...rest })),
            },
          ],
        },
      ],
    },
  }),
  speechmatics: (talk) => ({
    format: '2.9',
    results: talk.flat().map(({ text, start, end }) => ({
      type: 'word',
      start_time: start,
      end_time: end,
      alternatives: [{ content: text, confidence: 1 }],
    })),
  }),
  rev: (talk) => ({
    monologues: talk.map((words, speaker) => ({
      speaker,
      elements: words.flatMap(({ text, start, end }, i) => [
        ...(i === 0 ? [] : [{ type: 'punct', value: ' ' }]),
        { type: 'text', value: text, ts: start, end_ts: end },
      ]),
    })),
  }),
  gladia: (talk) => ({
    result: {
      transcription: {
        full_transcript: talk.map(joined).join(' '),
        utterances: talk.map((words) => ({
          ...bounds(words),
          text: joined(words),
          words: words.map(({ text, ...rest }) => ({ word: text, ...rest })),
        })),
      },
    },
  }),
  srt: (talk) =>
    talk
      .map((words, i) => {
        const { start, end } = bounds(words);
        return `${i + 1}\n${clock(start).replace('.', ',')} --> ${clock(end).replace('.', ',')}\n${joined(words)}\n`;
      })
      .join('\n'),
  vtt: (talk) =>
    `WEBVTT\n\n${talk.map((words) => `${clock(words[0].start)} --> ${clock(words.at(-1)!.end)}\n${joined(words)}\n`).join('\n')}`,
};

/** Everything but blanks, which scripts without them may get or lose between words. */
const letters = (text: string) => text.replaceAll(/\s/gu, '');

/** Without what assign is there to write. */
function speakerless(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(speakerless);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !/^speaker/.test(key))
      .map(([key, item]) => [key, speakerless(item)]),
  );
}

test.each(TRANSCRIPT_FORMATS)('%s: no word is lost, altered or moved, whatever it says and when', (format) => {
  fc.assert(
    fc.property(segments, turns, (talk, spoken) => {
      const source = shapes[format](talk);
      const read = readTranscript(source, { format, duration: 200 });
      expect(letters(textOfWords(read.words))).toBe(letters(talk.map(joined).join(' ')));

      const assigned = assignSpeakers(read, { turns: spoken, duration: 200 });
      expect(textOfWords(assigned.words)).toBe(textOfWords(read.words));
      const strip = ({ speaker: _, speakerConfidence: __, nearest: ___, ...rest }: (typeof assigned.words)[number]) =>
        rest;
      expect(assigned.words.map(strip)).toEqual(read.words.map(({ speaker: _, ...rest }) => rest));
      for (const { start, end } of assigned.words) {
        expect(start).toBeGreaterThanOrEqual(0);
        expect(end).toBeGreaterThanOrEqual(start);
      }
      // Turns and segments hold each word once, in order.
      expect(assigned.turns.flatMap(({ words }) => words)).toEqual(assigned.words);
      expect(assigned.segments.flatMap(({ words }) => words)).toEqual(assigned.words);
      const speakers = new Set([...spoken.map(({ speaker }) => speaker), 'UNKNOWN']);
      for (const { speaker } of assigned.words) expect(speakers).toContain(speaker);

      if (format !== 'srt' && format !== 'vtt') {
        const { transcript } = assignInPlace(source, { turns: spoken, duration: 200 }, { format, duration: 200 });
        expect(speakerless(transcript)).toEqual(speakerless(source));
      }
    }),
    { numRuns: 60 },
  );
});
