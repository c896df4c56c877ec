import { readdirSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Annotation } from '../src/core/annotation.ts';
import type { Seconds } from '../src/core/segment.ts';
import type { Timeline } from '../src/core/timeline.ts';
import { compareTurns, type Turn } from '../src/core/turn.ts';
import { parseRttm, writeRttm } from '../src/formats/rttm.ts';
import { parseUem } from '../src/formats/uem.ts';
import { type DiarizationErrors, diarizationErrorRate } from '../src/metrics/index.ts';
import { createDiarizer, type LiveEvent, openAudio } from '../src/node/index.ts';
import { readText } from '../src/node/readText.ts';
import { writeWhole } from '../src/node/writeWhole.ts';

/**
 * Diarization error rate of a model on every recording of a folder that has an RTTM beside it (and a UEM, where there is
 * one), without collar and with 0.25 s on either side of each boundary, as a table:
 *
 *   npm run bench:der -- DIR [DIR …] [--model embedded] [--speed exact] [--set name=value] [--hypotheses OUT] [--live]
 *
 * `--hypotheses` keeps the RTTMs, so that another scorer can confirm the numbers (bench/peer_der.py: pyannote.metrics).
 * `--live` hears each recording as a stream, block by block, and takes the turns as they are told (docs/live.md).
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'embedded' },
    speed: { type: 'string', default: 'exact' },
    set: { type: 'string', multiple: true, default: [] },
    hypotheses: { type: 'string' },
    'num-speakers': { type: 'boolean', default: false },
    live: { type: 'boolean', default: false },
  },
});
if (positionals.length === 0) throw new RangeError('Which folders? npm run bench:der -- DIR [DIR …]');

interface Row {
  readonly folder: string;
  readonly name: string;
  readonly speakers: number;
  readonly found: number;
  readonly plain: DiarizationErrors;
  readonly collared: DiarizationErrors;
}

const diarizer = await createDiarizer({
  model: values.model,
  speed: values.speed as 'exact',
  set: values.set,
});
const rows: Row[] = [];
const hypotheses: Annotation[] = [];
for (const folder of positionals.map((path) => resolve(path)))
  for (const file of readdirSync(folder).sort()) {
    if (!/\.(wav|flac|mp3|m4a|ogg|opus)$/.test(file)) continue;
    const stem = join(folder, file.replace(/\.[^.]+$/, ''));
    const name = basename(stem);
    const reference = await readReference(stem);
    const uem = await readUem(stem);
    const speakers = new Set(reference.turns.map(({ speaker }) => speaker)).size;
    const path = join(folder, file);
    const turns = values.live
      ? await liveTurns(path)
      : (await diarizer.diarize(path, values['num-speakers'] ? { numSpeakers: speakers } : {})).turns;
    const hypothesis: Annotation = { uri: name, turns };
    hypotheses.push(hypothesis);
    rows.push({
      folder: basename(dirname(stem)),
      name,
      speakers,
      found: new Set(turns.map(({ speaker }) => speaker)).size,
      plain: diarizationErrorRate(reference, hypothesis, { uem }),
      collared: diarizationErrorRate(reference, hypothesis, { uem, collar: 0.5 }),
    });
  }
await diarizer.close();
if (values.hypotheses) await writeWhole(values.hypotheses, writeRttm(hypotheses));

const percent = (part: number, whole: number): string => ((100 * part) / whole).toFixed(1).padStart(6);
console.log('| recording | speakers | found | DER | missed | false alarm | confusion | DER, ±0.25 s collar |');
console.log('|---|---|---|---|---|---|---|---|');
for (const { folder, name, speakers, found, plain, collared } of rows)
  console.log(line(`${folder}/${name}`, String(speakers), String(found), plain, collared));
for (const folder of new Set(rows.map((row) => row.folder))) {
  const these = rows.filter((row) => row.folder === folder);
  const right = these.filter(({ speakers, found }) => speakers === found).length;
  console.log(
    line(
      `**${folder}**`,
      '',
      `${right} of ${these.length} right`,
      sum(these.map((r) => r.plain)),
      sum(these.map((r) => r.collared)),
    ),
  );
}

type Errors = Pick<DiarizationErrors, 'total' | 'confusion' | 'falseAlarm' | 'missedDetection'>;

function line(name: string, speakers: string, found: string, plain: Errors, collared: Errors): string {
  const all = (e: Errors): number => e.confusion + e.falseAlarm + e.missedDetection;
  const cells = [
    percent(all(plain), plain.total),
    percent(plain.missedDetection, plain.total),
    percent(plain.falseAlarm, plain.total),
    percent(plain.confusion, plain.total),
    percent(all(collared), collared.total),
  ];
  return `| ${[name, speakers, found, ...cells].join(' | ')} |`;
}

function sum(rows: readonly Errors[]): Errors {
  const add = (key: keyof Errors): number => rows.reduce((total, row) => total + row[key], 0);
  return {
    total: add('total'),
    confusion: add('confusion'),
    falseAlarm: add('falseAlarm'),
    missedDetection: add('missedDetection'),
  };
}

/** What a live stream tells of a file: a start and an end of each turn. */
async function liveTurns(path: string): Promise<readonly Turn[]> {
  const live = diarizer.live();
  const begun = new Map<number, Seconds>();
  const turns: Turn[] = [];
  const take = (events: readonly LiveEvent[]): void => {
    for (const { type, time, speaker } of events)
      if (type === 'start') begun.set(speaker, time);
      else turns.push({ start: begun.get(speaker)!, end: time, speaker: `SPEAKER_${speaker}` });
  };
  for await (const block of (await openAudio(path)).blocks) take(await live.push(block));
  take(await live.finish());
  return turns.sort(compareTurns);
}

async function readReference(stem: string): Promise<Annotation> {
  const found = parseRttm(await readText(`${stem}.rttm`), { file: `${stem}.rttm` });
  return found.find(({ uri }) => uri === basename(stem)) ?? found[0];
}

async function readUem(stem: string): Promise<Timeline | undefined> {
  const files = readdirSync(dirname(stem));
  if (!files.includes(`${basename(stem)}.uem`)) return undefined;
  return parseUem(await readText(`${stem}.uem`), { file: `${stem}.uem` })[0].timeline;
}
