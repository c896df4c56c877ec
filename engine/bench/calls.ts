import { parseArgs } from 'node:util';
import { type ChannelAnalysis, chooseMethod } from '../src/channels/index.ts';
import { FRAME, ownSpeech, segmentsOf } from '../src/channels/ownSpeech.ts';
import { type Turn, timelineDuration } from '../src/core/index.ts';
import { diarizationErrorRate } from '../src/metrics/der.ts';
import { diarizeChannels } from '../src/node/channels/diarizeChannels.ts';
import { openChannels } from '../src/node/decode/openAudio.ts';
import { createDiarizer } from '../src/node/diarizer.ts';
import { CALL_KINDS, type CallKind, makeCall, stereoWav } from './callRecording.ts';
import { readPeople } from './people.ts';

/**
 * Calls of two channels: by their channels against the mix and against "the louder channel talks". DER without a collar, in
 * one table for each kind of call (callRecording.ts) and level of bleed.
 *
 *   npm run bench:calls -- --corpus DIR [--seed 1] [--count 6] [--duration 60] [--split val] [--bleed=-30,-24,-18,-12]
 *                          [--kinds pair,room,both] [--model embedded]
 */
const { values } = parseArgs({
  options: {
    corpus: { type: 'string' },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '6' },
    duration: { type: 'string', default: '60' },
    split: { type: 'string', default: 'val' },
    bleed: { type: 'string', default: '-30,-24,-18,-12' },
    kinds: { type: 'string', default: CALL_KINDS.join(',') },
    model: { type: 'string', default: 'embedded' },
  },
});
if (values.corpus === undefined) throw new RangeError('From what? npm run bench:calls -- --corpus DIR');

const people = readPeople(values.corpus, values.split);
const METHODS = ['split', 'hybrid', 'auto', 'mix', 'mix, told how many', 'louder channel'] as const;
const diarizer = await createDiarizer({ model: values.model, threads: 1 });
console.log(`| call | bleed | ${METHODS.join(' | ')} | auto took |\n|---|---|${'---|'.repeat(METHODS.length + 1)}`);
for (const kind of values.kinds.split(',') as CallKind[]) {
  for (const bleed of values.bleed.split(',').map(Number)) {
    const errors = new Map<string, number>(METHODS.map((method) => [method, 0]));
    const took = new Map<string, number>();
    let spoken = 0;
    for (let item = 0; item < Number(values.count); item++) {
      const options = { kind, bleed, seed: Number(values.seed), item, duration: Number(values.duration) };
      const call = await makeCall(people, options);
      const file = stereoWav(call.channels);
      const auto = await diarizeChannels(file, diarizer);
      const found: Record<(typeof METHODS)[number], readonly Turn[]> = {
        split: (await diarizeChannels(file, diarizer, { channels: 'split' })).turns,
        hybrid: (await diarizeChannels(file, diarizer, { channels: 'hybrid' })).turns,
        auto: auto.turns,
        mix: (await diarizer.diarize(file)).turns,
        'mix, told how many': (await diarizer.diarize(file, { numSpeakers: call.people.length })).turns,
        'louder channel': await louderChannel(file, auto.channels.analysis),
      };
      const { method } = auto.channels;
      took.set(method, (took.get(method) ?? 0) + 1);
      const total = timelineSeconds(call.turns);
      spoken += total;
      const rates = METHODS.map((one) => {
        const { der } = diarizationErrorRate({ turns: call.turns }, { turns: found[one] });
        errors.set(one, errors.get(one)! + der * total);
        return `${one} ${(100 * der).toFixed(1)}`;
      });
      console.error(`${call.name}: ${method}, ${auto.channels.reason}; ${rates.join(', ')}`);
    }
    const cells = METHODS.map((method) => `${((100 * errors.get(method)!) / spoken).toFixed(1)} %`);
    const methods = [...took].map(([method, count]) => `${method} ${count}`).join(', ');
    console.log(`| ${kind} | ${bleed} dB | ${cells.join(' | ')} | ${methods} |`);
  }
}
await diarizer.close();

function timelineSeconds(turns: readonly Turn[]): number {
  return turns.reduce((sum, { start, end }) => sum + timelineDuration([{ start, end }]), 0);
}

/** What is often done: of the channels above their floor the louder one talks. */
async function louderChannel(file: Uint8Array, analysis: ChannelAnalysis): Promise<Turn[]> {
  const stream = await openChannels(file, { sampleRate: 8000 });
  const own = await ownSpeech(stream, analysis, chooseMethod(analysis, 'split').channels);
  return own.flatMap(({ levels, channel }, c) => {
    const others = own.filter((_, i) => i !== c);
    const active = Uint8Array.from(levels, (level, f) =>
      Number(level >= analysis.verdicts[channel].thresholdDb && others.every((other) => level > other.levels[f])),
    );
    return segmentsOf(active, 2 * FRAME, 2 * FRAME).map((one) => ({ ...one, speaker: `${channel}` }));
  });
}
