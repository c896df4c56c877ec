import { expect, test } from 'vitest';
import { FormatError } from '../core/errors.ts';
import { FORMATS, formatByName } from './table.ts';

const GRID = 'File type = "ooTextFile"\nObject class = "TextGrid"\n';
const EAF = '<ANNOTATION_DOCUMENT>\n<TIME_ORDER>\n';
const TIER = '</TIME_ORDER>\n<TIER TIER_ID="A">\n<ALIGNABLE_ANNOTATION TIME_SLOT_REF1="t1" TIME_SLOT_REF2="t2"/>';
const END = '</TIER></ANNOTATION_DOCUMENT>';

test.each<[format: string, text: string, complaint: string]>([
  ['lab', '0 1 A\n1 2\n', 'f:2: got fewer than 3 fields when a LAB line has start, end and label'],
  ['lab', '0 1 A\n2 1 B\n', 'f:2: a turn ends at 1.000 s, before its start at 2.000 s'],
  ['ctm', 'f 1 0 1\n', 'f:1: got 4 fields when a CTM line has at least 5: file channel start duration word'],
  ['ctm', 'f 1 0 -1 a\n', 'f:1: a turn ends at -1.000 s, before its start at 0.000 s'],
  ['stm', 'f 1 A 0\n', 'f:1: got fewer than 5 fields when an STM line has file channel speaker start end words'],
  ['stm', ';; c\nf 1 A 0 x\n', 'f:2: got "x" for the end when a number of seconds such as 12.34 was expected'],
  [
    'csv',
    'start,speaker\n0,A\n',
    'f:1: got the columns "start, speaker" when start, end (or duration) and speaker were expected',
  ],
  [
    'csv',
    'start,end,speaker\n0,1,A\n\n1,,B\n',
    'f:4: got "" for the end when a number of seconds such as 12.34 was expected',
  ],
  ['csv', 'start,end,speaker\n0,1,"A\nB"\n1,2,\n', 'f:4: got no speaker'],
  ['csv', 'start,end,speaker\n0,1,"A\n', 'f:2: got a quote that is never closed'],
  ['tsv', 'hello\n', 'f:1: got the columns "hello" when start, end (or duration) and speaker were expected'],
  ['srt', '1\n00:00:01 --> 00:00:61\nx\n', 'f:2: got "00:00:61" for the end when 00:01:02.345 was expected'],
  ['srt', '1\n00:00:02,000 --> 00:00:01,000\nx\n', 'f:2: a turn ends at 1.000 s, before its start at 2.000 s'],
  ['srt', 'hello\n', 'f:1: got "hello" when a cue\'s number or times were expected'],
  ['vtt', 'hello\n', 'f:1: got "hello" when WebVTT starts with WEBVTT'],
  ['vtt', 'WEBVTT\n\nhello\nyou\n', 'f:3: got "hello" when a cue\'s times were expected'],
  ['vtt', 'WEBVTT\n\nname\n00:01.000 -->\nx\n', 'f:4: got "" for the end when 00:01:02.345 was expected'],
  ['txt', 'hello\n', 'f:1: got "hello" when a line like [00:00:05.120 - 00:00:07.300] NAME was expected'],
  ['audacity', '0\t1\tA\n1 2 B\n', 'f:2: got no tab when a label line has start, end and label between tabs'],
  ['json', '{"turns": [\n  {"start": 0,}\n]}', 'f:2: is not JSON: '],
  ['json', '', 'f:1: is empty when JSON was expected'],
  ['json', '42', 'f: got "42" when a JSON object or list was expected'],
  ['json', '{"words": []}', 'f: got the keys words when turns, diarization or segments was expected'],
  ['json', '[{"start":0,"end":"1"}]', 'f: [0].end: got "1" when a number of seconds was expected'],
  [
    'json',
    '{"output":{"diarization":[{"start":2,"end":1}]}}',
    'f: output.diarization[0] ends at 1.000 s, before its start at 2.000 s',
  ],
  ['json', '{"turns":[7]}', 'f: turns[0]: got "7" when a turn was expected'],
  ['textgrid', 'hello', 'f:1: got the end of the file when the file type "ooTextFile" was expected'],
  ['textgrid', '"ooTextFile"\n"Sound"', 'f:2: got a Praat object of class "Sound" when "TextGrid" was expected'],
  [
    'textgrid',
    `${GRID}0 1 <exists> 1\n"IntervalTier" "A" 0 1 1\n0 "x"`,
    'f:5: got "\\"x\\"" when the end was expected'.replaceAll('\\', ''),
  ],
  ['textgrid', `${GRID}0 1 <exists> 1\n"IntervalTier" "A" 0 1 1\n0 1 "x`, 'f:5: got a quote that is never closed'],
  ['textgrid', `${GRID}0 1 <exists> 1\n"IntervalTier" "A" 0 1 1.5`, 'f:4: got 1.5 for the number of intervals'],
  [
    'textgrid',
    `${GRID}0 9 <exists> 1\n"IntervalTier" "A" 0 9 1\n5 4 "x"`,
    'f:5: a turn ends at 4.000 s, before its start at 5.000 s',
  ],
  ['eaf', '<html>', 'f:1: got <html> when an ELAN file starts with <ANNOTATION_DOCUMENT>'],
  ['eaf', '<ANNOTATION_DOCUMENT>\n<TIER TIER_ID="A">\n</ANNOTATION_DOCUMENT>', 'f:3: is not well-formed XML: '],
  ['eaf', '', 'f:1: is not well-formed XML: '],
  [
    'eaf',
    `${EAF}<TIME_SLOT TIME_SLOT_ID="t1" TIME_VALUE="1.5"/>`,
    'f:3: got "1.5" for a TIME_VALUE when whole milliseconds were expected',
  ],
  ['eaf', `${EAF}<TIME_SLOT TIME_VALUE="1"/>`, 'f:3: got <TIME_SLOT> without TIME_SLOT_ID'],
  ['eaf', `${EAF}${TIER}${END}`, 'f:5: got the time slots "t1" and "t2", not both of which are in the file'],
  ['eaf', `${EAF}<TIME_SLOT TIME_SLOT_ID="t9"/>${TIER}${END}`, 'f: got no time for the last time slot "t9"'],
])('%s: %j is refused', (format, text, complaint) => {
  const parse = formatByName(format).parse!;
  let caught: unknown;
  try {
    parse(text, { file: 'f' });
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(FormatError);
  expect((caught as FormatError).message.slice(0, complaint.length)).toBe(complaint);
});

test('malformed lines can be left out and told', () => {
  const cases: Record<string, string> = {
    lab: '0 1 A\nhello\n2 1 B\n3 4 C\n',
    stm: 'f 1 A 0 1 x\nhello\nf 1 A 2 1 x\nf 1 C 3 4 y\n',
    csv: 'start,end,speaker\n0,1,A\nhello,,\n2,1,B\n3,4,C\n',
    srt: '1\n00:00:00,0 --> 00:00:01,0\nA: x\n\n2\nhello --> 3\nB: x\n\n3\n00:00:02,0 --> 00:00:01,0\nB: x\n\n4\n00:00:03,0 --> 00:00:04,0\nC: y\n',
    vtt: 'WEBVTT\n\n00:00.0 --> 00:01.0\nA: x\n\nhello\n\n00:02.0 --> 00:01.0\nB: x\n\n00:03.0 --> 00:04.0\nC: y\n',
    txt: '[0 - 1] A\nhello\n[2 - 1] B\n[3 - 4] C\n',
    audacity: '0\t1\tA\nhello\n2\t1\tB\n3\t4\tC\n',
    json: '[{"start":0,"end":1,"speaker":"A"},{"start":null},{"start":2,"end":1},{"start":3,"end":4,"speaker":"C"}]',
  };
  for (const [format, text] of Object.entries(cases)) {
    const told: FormatError[] = [];
    const [{ turns }] = formatByName(format).parse!(text, { onBadLine: (error) => told.push(error) });
    expect([format, turns.map(({ start, speaker }) => [start, speaker])]).toEqual([
      format,
      [
        [0, 'A'],
        [3, 'C'],
      ],
    ]);
    expect(told).toHaveLength(2);
  }
});

test('no format answers noise with anything but a FormatError', () => {
  const noise = [
    '',
    '\0\0\0',
    '\uFEFF',
    'a'.repeat(100_000),
    '"'.repeat(9999),
    '<'.repeat(9999),
    '[[[',
    '-->\n'.repeat(99),
    ' \t '.repeat(9999),
    ':'.repeat(9999),
    '0 '.repeat(9999),
    `f 1 ${'1'.repeat(200_000)}x 1 w`,
    `0\t1\t${' '.repeat(100_000)}x`,
    '0\t'.repeat(9999),
    ';'.repeat(9999),
  ];
  for (const { name, parse } of FORMATS) {
    for (const text of noise) {
      const before = performance.now();
      try {
        parse?.(text, { file: 'noise' });
      } catch (error) {
        if (!(error instanceof FormatError))
          throw new Error(`${name} on ${JSON.stringify(text.slice(0, 20))}`, { cause: error });
      }
      expect(performance.now() - before).toBeLessThan(10_000);
    }
  }
});
