import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { UNKNOWN } from '../formats/turns.ts';
import { assignSpeakers, ownSpeakers } from './assign.ts';
import { nearestTurns } from './nearestTurns.ts';
import { readTranscript } from './read/readTranscript.ts';
import { renameSpeakers } from './rename.ts';
import { TRANSCRIPT_FORMATS, textOfWords } from './transcript.ts';
import { assignInPlace } from './write/sameShape.ts';

const turn = (speaker: string, start: number, end: number) => ({ speaker, start, end });
const word = (text: string, start: number, end: number) => ({ text, start, end });
const speakersOf = (words: object[], turns: ReturnType<typeof turn>[], options = {}) =>
  assignSpeakers(readTranscript(words, { format: 'words', unit: 's' }), { turns }, options).words.map(
    ({ speaker }) => speaker,
  );

test('a word goes to the speaker that it overlaps most, ties to the earlier turn', () => {
  const turns = [turn('A', 0, 2), turn('B', 2, 4)];
  expect(speakersOf([word('one', 0.5, 1), word('two', 1.5, 2.6), word('tie', 1.5, 2.5)], turns)).toEqual([
    'A',
    'B',
    'A',
  ]);
});

test('two short turns of one speaker count together', () => {
  expect(speakersOf([word('long', 0, 10)], [turn('A', 0, 2), turn('B', 3, 6), turn('A', 7, 9)])).toEqual(['A']);
});

test('a word in a gap goes to the nearest turn within maxGap, else to UNKNOWN', () => {
  const turns = [turn('A', 0, 1), turn('B', 2, 3)];
  const words = [word('near', 1.1, 1.2), word('nearer', 1.7, 1.8), word('far', 3.6, 3.9)];
  expect(speakersOf(words, turns)).toEqual(['A', 'B', UNKNOWN]);
  expect(speakersOf(words, turns, { fillNearest: false })).toEqual([UNKNOWN, UNKNOWN, UNKNOWN]);
  expect(speakersOf(words, turns, { maxGap: 1 })).toEqual(['A', 'B', 'B']);
  expect(speakersOf(words, turns, { keepUnknown: false })).toEqual(['A', 'B']);
  expect(speakersOf(words, [])).toEqual([UNKNOWN, UNKNOWN, UNKNOWN]);
});

test('a word without length goes to the turn that holds its moment', () => {
  expect(speakersOf([word('x', 2, 2), word('y', 2.5, 2.5)], [turn('A', 0, 2), turn('B', 2, 3)])).toEqual(['B', 'B']);
});

test('punctuation stays with its word', () => {
  const words = [word('so', 1.5, 1.9), word('?', 2.1, 2.2), word('¿', 1.8, 1.9), word('Qué', 2.3, 2.5)];
  expect(speakersOf(words, [turn('A', 0, 2), turn('B', 2, 3)])).toEqual(['A', 'A', 'B', 'B']);
});

test('a segment is cut where its words change speaker, and nothing of its text is lost', () => {
  const source = {
    segments: [
      {
        start: 0,
        end: 4,
        text: ' Who? "Me", he said.',
        words: [
          { word: 'Who?', start: 0, end: 1 },
          { word: 'Me', start: 2, end: 2.5 },
          { word: 'he', start: 2.6, end: 3 },
          { word: 'said.', start: 3, end: 4 },
        ],
      },
    ],
  };
  const transcript = readTranscript(source);
  const { segments, turns, stats } = assignSpeakers(transcript, { turns: [turn('A', 0, 1.5), turn('B', 1.5, 4)] });
  expect(segments.map(({ speaker, text }) => [speaker, text])).toEqual([
    ['A', 'Who?'],
    ['B', '"Me", he said.'],
  ]);
  expect(turns.map(({ text }) => text)).toEqual(['Who?', '"Me", he said.']);
  expect(stats).toEqual({ words: 4, unassigned: 0, filledNearest: 0, interpolatedTimes: 0 });
});

test('the exclusive turns are taken where there are some, unless told otherwise', () => {
  const transcript = readTranscript([word('both', 1, 2)]);
  const diarization = {
    turns: [turn('A', 0, 3), turn('B', 1, 2)],
    exclusiveTurns: [turn('A', 0, 1), turn('B', 1, 2), turn('A', 2, 3)],
  };
  expect(assignSpeakers(transcript, diarization).words[0]).toMatchObject({ speaker: 'B', speakerConfidence: 1 });
  expect(assignSpeakers(transcript, diarization, { useExclusive: false }).words[0]).toMatchObject({
    speaker: 'A',
    speakerConfidence: 0.5,
  });
});

test('segments that overlap in time stay utterances of their own', () => {
  const transcript = readTranscript({
    segments: [
      { start: 0, end: 3, text: 'one two three', channel: 0, words: [] },
      { start: 1, end: 2, text: 'yes', channel: 1, words: [] },
      { start: 3, end: 4, text: 'four', channel: 0, words: [] },
    ],
  });
  const { turns } = assignSpeakers(transcript, { turns: [turn('A', 0, 4)] });
  expect(turns.map(({ text, start, end }) => [text, start, end])).toEqual([
    ['one two three', 0, 3],
    ['yes', 1, 2],
    ['four', 3, 4],
  ]);
});

test('channels that are told one after the other become a conversation in order of time', () => {
  const channel = (...words: ReturnType<typeof word>[]) => ({
    alternatives: [{ words: words.map(({ text, ...times }) => ({ word: text, ...times })) }],
  });
  const deepgram = {
    results: {
      channels: [channel(word('hello', 0, 1), word('bye', 6, 7)), channel(word('hi', 2, 3), word('so long', 8, 9))],
    },
  };
  const diarization = { turns: [turn('A', 0, 1), turn('B', 2, 3), turn('A', 6, 7), turn('B', 8, 9)] };
  const assigned = assignSpeakers(readTranscript(deepgram), diarization);
  expect(assigned.turns.map(({ speaker, text }) => `${speaker}: ${text}`)).toEqual([
    'A: hello',
    'B: hi',
    'A: bye',
    'B: so long',
  ]);
});

test('words of a subtitle that begins before anybody speaks are not torn from it', () => {
  // Whisper's first cue begins at 0, whenever the first word is said: "Good" would last to 0.9 s, with the turn 1.6 s away.
  const srt = '1\n00:00:00,000 --> 00:00:05,000\nGood morning to you all\n\n2\n00:00:09,000 --> 00:00:10,000\nMusic\n';
  const turns = [turn('A', 2.5, 5), turn('B', 6, 8)];
  const { words, stats } = assignSpeakers(readTranscript(srt), { turns });
  expect(words.map(({ speaker }) => speaker)).toEqual(['A', 'A', 'A', 'A', 'A', 'UNKNOWN']);
  expect(stats.unassigned).toBe(1);
  const left = assignSpeakers(readTranscript(srt), { turns }, { fillNearest: false });
  expect(left.words[0].speaker).toBe('UNKNOWN');
  // Who has times of their own is believed.
  const timed = [{ start: 0, end: 5, text: 'Good morning', words: [word('Good', 0, 0.5), word('morning', 3, 4)] }];
  expect(assignSpeakers(readTranscript(timed), { turns }).words.map(({ speaker }) => speaker)).toEqual([
    'UNKNOWN',
    'A',
  ]);
});

test('code-switching cuts an utterance and keeps each language', () => {
  const words = [
    { ...word('Hi', 0, 1), language: 'en' },
    { ...word('hola', 1, 2), language: 'es' },
  ];
  const { turns } = assignSpeakers(readTranscript(words), { turns: [turn('A', 0, 2)] });
  expect(turns.map(({ language, text }) => [language, text])).toEqual([
    ['en', 'Hi'],
    ['es', 'hola'],
  ]);
});

test('names are given, and a name that nobody has is refused', () => {
  const assigned = assignSpeakers(readTranscript([word('hi', 0, 1)]), { turns: [turn('SPEAKER_00', 0, 1)] });
  expect(renameSpeakers(assigned, { SPEAKER_00: 'Ada' }).turns[0]).toMatchObject({
    speaker: 'Ada',
    words: [{ speaker: 'Ada' }],
  });
  expect(() => renameSpeakers(assigned, { SPEAKER_0: 'Ada' })).toThrow(
    "Got a name for 'SPEAKER_0' when the speakers are SPEAKER_00.",
  );
});

test('two speakers under one name are one, with the confidence of all their words', () => {
  const words = [
    { text: 'one', start: 0, end: 0.1, confidence: 0.9 },
    { text: 'two', start: 0.1, end: 0.2, confidence: 0.9 },
    { text: 'three', start: 1, end: 1.2, confidence: 0.3 },
  ];
  const turns = [
    { speaker: 'SPEAKER_00', start: 0, end: 0.7 },
    { speaker: 'SPEAKER_01', start: 1, end: 1.1 },
  ];
  const { speakers } = renameSpeakers(assignSpeakers(readTranscript(words, { unit: 's' }), { turns }), {
    SPEAKER_00: 'Ada',
    SPEAKER_01: 'Ada',
  });
  expect(speakers).toEqual([{ speaker: 'Ada', seconds: 0.8, words: 3, confidence: expect.closeTo(0.7, 9) }]);
});

test('what two speakers under one name say in a row is one utterance, as of one speaker from the start', () => {
  const text = 'Good morning everybody';
  const said = [
    { text, start: 0, end: 2, words: [word('Good', 0, 0.5), word('morning', 0.5, 1), word('everybody', 1, 2)] },
  ];
  const words = [...said, { text: 'Hi', start: 2.5, end: 3, words: [word('Hi', 2.5, 3)] }];
  const turns = [turn('A', 0, 1), turn('B', 1, 2), turn('C', 2.5, 3), turn('A', 9, 9.5)];
  const spoken = ({ speaker, text }: { speaker: string; text: string }) => `${speaker}: ${text}`;
  const assigned = assignSpeakers(readTranscript(words), { turns });
  expect(assigned.turns.map(spoken)).toEqual(['A: Good morning', 'B: everybody', 'C: Hi']);
  const { turns: all, segments } = renameSpeakers(assigned, { A: 'Ada', B: 'Ada' });
  expect(all.map(spoken)).toEqual(['Ada: Good morning everybody', 'C: Hi']);
  expect(segments.map(spoken)).toEqual(['Ada: Good morning everybody', 'C: Hi']);
  expect(all[0]).toMatchObject({ start: 0, end: 2 });
  // Segments stay apart, and so do utterances with a pause of two seconds between them.
  const three = renameSpeakers(assigned, { A: 'Ada', B: 'Ada', C: 'Ada' });
  expect(three.turns.map(spoken)).toEqual(['Ada: Good morning everybody Hi']);
  expect(three.segments.map(spoken)).toEqual(['Ada: Good morning everybody', 'Ada: Hi']);
  const late = assignSpeakers(readTranscript([word('Hi', 0, 1), word('there', 3, 4)]), {
    turns: [turn('A', 0, 1), turn('B', 3, 4)],
  });
  expect(renameSpeakers(late, { B: 'A' }).turns.map(spoken)).toEqual(['A: Hi', 'A: there']);
  // A longer pause that was asked for does not part what is one utterance already.
  const slow = [word('Well', 0, 1), word('then', 4, 5), word('go', 5, 6)];
  const one = assignSpeakers(readTranscript(slow), { turns: [turn('A', 0, 5), turn('B', 5, 6)] }, { maxPause: 5 });
  expect(renameSpeakers(one, { B: 'A' }).turns.map(spoken)).toEqual(['A: Well then go']);
});

const fixture = (name: string) =>
  readFileSync(new URL(`../../../fixtures/transcripts/${name}`, import.meta.url), 'utf8');
const DIARIZATION = {
  duration: 5.2,
  turns: [turn('SPEAKER_00', 0.4, 1.6), turn('SPEAKER_01', 2, 3.4), turn('SPEAKER_02', 3.4, 5)],
};

test.each(TRANSCRIPT_FORMATS)('%s goes through assign with no word lost or altered', (format) => {
  const name = format === 'srt' || format === 'vtt' ? `subtitles.${format}` : `${format}.json`;
  const transcript = readTranscript(fixture(name));
  const assigned = assignSpeakers(transcript, DIARIZATION);
  expect(assigned.words.map(({ before, text, after }) => [before, text, after])).toEqual(
    transcript.words.map(({ before, text, after }) => [before, text, after]),
  );
  expect(assigned.words.every(({ speaker }) => speaker.startsWith('SPEAKER_'))).toBe(true);
  expect(assigned.turns.map(({ text }) => text).join(' ')).toBe(
    "Hello, how are you? I'm fine, 42 euros well-known 😀.",
  );
  expect(assigned.turns.map(({ speaker }) => speaker)).toEqual(['SPEAKER_00', 'SPEAKER_01', 'SPEAKER_02']);

  const { transcript: same } = assignInPlace(fixture(name), DIARIZATION);
  if (typeof same === 'string')
    return expect(readTranscript(same).words.map(({ text }) => text)).toEqual(transcript.words.map(({ text }) => text));
  const strip = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value, (key, item: unknown) => (key === 'speaker' ? undefined : item)));
  expect(strip(same)).toEqual(strip(JSON.parse(fixture(name))));
  expect(JSON.stringify(same)).toMatch(/"speaker":("SPEAKER_02"|2)|"id":"seg_1"|"text":"I'm fine/);
});

test('subtitles that are given back keep the times and the lines of their cues', () => {
  const cues = (...texts: string[]) =>
    ['00:00:00.500 --> 00:00:02.000', '00:00:02.100 --> 00:00:04.000', '00:00:04.500 --> 00:00:05.000']
      .map((times, i) => `${times}\n${texts[i]}\n\n`)
      .join('');
  const vtt = `WEBVTT\n\n${cues('Good morning,\neverybody.', 'Tea?\nYes!', 'No.')}`;
  const { transcript } = assignInPlace(vtt, { turns: [turn('A', 0, 4.2), turn('B', 4.2, 6)] });
  expect(transcript).toBe(
    `WEBVTT\n\n${cues('<v A>Good morning,\neverybody.</v>', '<v A>Tea?\nYes!</v>', '<v B>No.</v>')}`,
  );
});

test('speakers that the source names itself can be kept', () => {
  const { turns, speakers } = ownSpeakers(readTranscript(fixture('assemblyai.json')));
  expect(turns.map(({ speaker }) => speaker)).toEqual(['A', 'B']);
  expect(speakers.map(({ words }) => words)).toEqual([4, 6]);
});

test('the sweep finds what trying every turn finds', () => {
  const time = fc.integer({ min: 0, max: 40 });
  const segment = fc
    .tuple(time, fc.integer({ min: 0, max: 12 }))
    .map(([start, length]) => ({ start, end: start + length }));
  const turns = fc.array(fc.record({ segment, speaker: fc.constantFrom('A', 'B', 'C') })).map((list) =>
    list
      .filter(({ segment: { start, end } }) => end > start)
      .map(({ segment: one, speaker }) => ({ ...one, speaker }))
      .sort((a, b) => a.start - b.start || a.end - b.end),
  );
  fc.assert(
    fc.property(fc.array(segment), turns, (stretches, sorted) => {
      const { turn: found, overlap, distance } = nearestTurns(stretches, sorted);
      stretches.forEach((stretch, i) => {
        const shares = new Map<string, { seconds: number; first: number }>();
        let nearest = Number.POSITIVE_INFINITY;
        sorted.forEach((one, k) => {
          const seconds = Math.min(stretch.end, one.end) - Math.max(stretch.start, one.start);
          const held = stretch.start === stretch.end && one.start <= stretch.start && stretch.start < one.end;
          nearest = Math.min(nearest, Math.max(0, one.start - stretch.end, stretch.start - one.end));
          if (seconds <= 0 && !held) return;
          const share = shares.get(one.speaker) ?? { seconds: 0, first: k };
          shares.set(one.speaker, { ...share, seconds: share.seconds + Math.max(0, seconds) });
        });
        const best = [...shares.entries()].sort((a, b) => b[1].seconds - a[1].seconds || a[1].first - b[1].first)[0];
        if (best) {
          expect(sorted[found[i]].speaker).toBe(best[0]);
          expect(overlap[i]).toBeCloseTo(best[1].seconds);
        } else if (sorted.length === 0) expect(found[i]).toBe(-1);
        else expect(distance[i]).toBe(nearest);
      });
    }),
  );
});

test('50,000 words on 5,000 turns take well under a second', () => {
  const turns = Array.from({ length: 5000 }, (_, i) => turn(`SPEAKER_0${i % 7}`, i * 3.6, i * 3.6 + 3.5));
  const words = Array.from({ length: 50_000 }, (_, i) => word(`w${i}`, i * 0.36, i * 0.36 + 0.3));
  const transcript = readTranscript(words, { unit: 's' });
  // Of this thread, whatever else the machine does; the first run is slower, before the compiler knows it.
  const seconds = [1, 2, 3].map(() => {
    const begun = process.threadCpuUsage();
    expect(assignSpeakers(transcript, { turns }).stats.words).toBe(50_000);
    return process.threadCpuUsage(begun).user / 1e6;
  });
  expect(Math.min(...seconds)).toBeLessThan(1);
});

test('a million words are read and assigned', () => {
  const words = Array.from({ length: 1_000_000 }, (_, i) => word('hm', i * 0.3, i * 0.3 + 0.2));
  const assigned = assignSpeakers(readTranscript(words, { unit: 's' }), { turns: [turn('A', 0, 300_000)] });
  expect(assigned.words.length).toBe(1_000_000);
  expect(textOfWords(assigned.words).length).toBe(3_000_000 - 1);
});
