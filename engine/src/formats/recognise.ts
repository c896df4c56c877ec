import { type Format, formatByFile, formatByName } from './table.ts';

/**
 * Which format a text has: by its file's name, and where that says nothing (standard input, .txt) by how it begins.
 */
export function recogniseFormat(text: string, file?: string): Format | undefined {
  const byName = file === undefined ? undefined : formatByFile(file);
  if (byName && byName.name !== 'txt') return byName;
  const name = nameByText(text.slice(0, 10_000));
  return name === undefined ? byName : formatByName(name);
}

const CLOCK = String.raw`(?:\d+:)*\d+(?:[.,]\d+)?`;
const SECONDS = String.raw`-?\d+(?:[.,]\d+)?`;

/** The first that fits. Comments and blank lines before are passed over. */
const SIGNS: readonly (readonly [name: string, sign: RegExp])[] = [
  ['vtt', /^WEBVTT/],
  ['eaf', /^(<\?xml[^>]*\?>\s*)?(<!--[\s\S]*?-->\s*)*<ANNOTATION_DOCUMENT/],
  ['textgrid', /^File type = "ooTextFile|^"ooTextFile"/],
  ['rttm', /^(SPEAKER|SPKR-INFO)[ \t]/],
  ['txt', new RegExp(String.raw`^\[\s*${CLOCK}\s*(-->|-|–)`)],
  ['json', /^[[{]/],
  ['srt', new RegExp(String.raw`^(\d+[ \t]*(\r\n|\n|\r))?\s*${CLOCK}[ \t]*-->`)],
  ['audacity', new RegExp(String.raw`^(\\[^\n\r]*[\n\r]+)*${SECONDS}\t${SECONDS}([\t\n\r]|$)`)],
  ['lab', new RegExp(String.raw`^${SECONDS}[ ]+${SECONDS}[ ]+\S`)],
  ['stm', new RegExp(String.raw`^\S+[ \t]+\S+[ \t]+\S*[^\s\d.]\S*[ \t]+${SECONDS}[ \t]+${SECONDS}([ \t]|$)`)],
  ['ctm', new RegExp(String.raw`^\S+[ \t]+\S+[ \t]+${SECONDS}[ \t]+${SECONDS}[ \t]+\S`)],
  ['tsv', /^[^\n\r]*\t/],
  ['csv', /^[^\n\r]*[,;]/],
];

function nameByText(text: string): string | undefined {
  const begin = text.replace(/^\uFEFF/, '').replace(/^(?:\s|;[^\n\r]*)+/, '');
  return SIGNS.find(([, sign]) => sign.test(begin))?.[0];
}
