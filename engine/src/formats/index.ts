// The formats of the field: the table to choose from, then each format's own verbs.

export { parseAudacity, writeAudacity } from './audacity.ts';
export { parseCsv, writeCsv, writeTsv } from './csv.ts';
export { parseCtm, writeCtm } from './ctm.ts';
export { type EafOptions, parseEaf, writeEaf } from './eaf.ts';
export { parseJson, writeJson, writePyannoteAiJson, writePyannoteJson } from './json.ts';
export { parseLab, writeLab } from './lab.ts';
export type { Place, ReadOptions } from './lines.ts';
export { writeMarkdown } from './markdown.ts';
export { recogniseFormat } from './recognise.ts';
export { parseRttm, writeRttm } from './rttm.ts';
export { parseSrt, writeSrt } from './srt.ts';
export { parseStm, writeStm } from './stm.ts';
export * from './table.ts';
export { parseTextGrid, writeTextGrid } from './textgrid.ts';
export { type TextAnnotation, type TextTurn, UNKNOWN } from './turns.ts';
export { parseTxt, writeTxt } from './txt.ts';
export { parseUem, type Uem, writeUem } from './uem.ts';
export { parseVtt, writeVtt } from './vtt.ts';
