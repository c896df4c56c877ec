import { expect, test } from 'vitest';
import { decodeText, readText } from './readText.ts';

const TEXT = 'SPEAKER Björn 山 😀';

test('UTF-8 and UTF-16 are read with and without a byte order mark', () => {
  const utf16 = Buffer.from(TEXT, 'utf16le');
  const swapped = Buffer.from(utf16).swap16();
  for (const bytes of [
    Buffer.from(TEXT),
    Buffer.from(`\uFEFF${TEXT}`),
    utf16,
    swapped,
    Buffer.concat([Buffer.of(0xff, 0xfe), utf16]),
    Buffer.concat([Buffer.of(0xfe, 0xff), swapped]),
  ]) {
    expect(decodeText(bytes)).toBe(TEXT);
  }
});

test('what is not UTF-8 is Latin-1', () => {
  expect(decodeText(Buffer.from('Björn Renée', 'latin1'))).toBe('Björn Renée');
  expect(decodeText(Buffer.of(0x93, 0x68, 0x69, 0x94))).toBe('“hi”');
});

test('no bytes are no text', () => expect(decodeText(new Uint8Array())).toBe(''));

test('a recording where a text was expected is told, not quoted', async () => {
  const meeting = new URL('../../samples/meeting.flac', import.meta.url).pathname;
  await expect(readText(meeting)).rejects.toThrow(/meeting.flac: is no text: of a recording, find its turns first/);
});

test('a file that is not there or a folder is one clear sentence', async () => {
  await expect(readText('no/such.rttm')).rejects.toThrow('no/such.rttm: there is no such file');
  await expect(readText(import.meta.dirname)).rejects.toThrow(': is a folder when a file was expected');
});
