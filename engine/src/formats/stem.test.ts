import { expect, test } from 'vitest';
import { writeAudacity } from './audacity.ts';
import { writePyannoteAiJson, writePyannoteJson } from './json.ts';
import { fileStem } from './stem.ts';
import { FORMATS, formatByFile } from './table.ts';

test('the ending of every format is taken off whole', () => {
  for (const ending of FORMATS.flatMap(({ extensions }) => extensions)) {
    expect(fileStem(`a/b.c/meeting.v2${ending}`), ending).toBe('meeting.v2');
    expect(fileStem(`meeting${ending.toUpperCase()}`), ending).toBe('meeting');
  }
});

test('dots that begin no ending stay, and so do hidden files', () => {
  expect(fileStem('C:\\talks\\x.json.pyannote.json')).toBe('x.json');
  expect(fileStem('x.v2.txt')).toBe('x.v2');
  expect(fileStem('.rttm')).toBe('.rttm');
  expect(fileStem('meeting')).toBe('meeting');
});

test('a result without a name in it is of the recording that its file is named after', () => {
  const turns = [{ start: 0, end: 1, speaker: 'Anna' }];
  const written = {
    'a/x.pyannote.json': writePyannoteJson({ uri: 'x', turns }),
    'a/x.pyannoteai.json': writePyannoteAiJson({ uri: 'x', turns }),
    'a/x.audacity.txt': writeAudacity({ uri: 'x', turns }),
  };
  for (const [file, text] of Object.entries(written))
    expect(formatByFile(file)!.parse!(text, { file })[0].uri, file).toBe('x');
});
