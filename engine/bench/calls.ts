// Two-channel calls with bleed: split against mix against "the louder channel talks". `node engine/bench/calls.ts TALK.wav
// TALK.rttm`, a clean 16 kHz talk of two people and who spoke when. Each gets a channel; the other is heard in it through a
// room, at −30 to −12 dB; each channel has its own hiss at −60 dBFS.
import { readFileSync } from 'node:fs';
import { chooseMethod } from '../src/channels/choose.ts';
import { splitTurns } from '../src/channels/merge.ts';
import { FRAME, ownSpeech, segmentsOf } from '../src/channels/ownSpeech.ts';
import type { ChannelStream } from '../src/core/audio.ts';
import type { Turn } from '../src/core/turn.ts';
import { parseRttm } from '../src/formats/rttm.ts';
import { diarizationErrorRate } from '../src/metrics/der.ts';
import { diarizeChannels } from '../src/node/channels/diarizeChannels.ts';
import { createDiarizer } from '../src/node/diarizer.ts';
import { gain, generator, RATE } from './channelCases.ts';
import { analyzeSamples } from './channels.ts';

const [talk, rttm] = process.argv.slice(2);
const bytes = readFileSync(talk);
const pcm = new Int16Array(bytes.buffer.slice(bytes.byteOffset + 44, bytes.byteOffset + (bytes.length & ~1)));
const clean = Float32Array.from(pcm, (v) => v / 32768);
const [reference] = parseRttm(readFileSync(rttm, 'utf8'));
const people = [...new Set(reference.turns.map(({ speaker }) => speaker))];

console.log('| bleed | split | auto | mix | mix, told 2 speakers | louder channel |\n|---|---|---|---|---|---|');
const diarizer = await createDiarizer({ threads: 1 });
for (const level of [-30, -24, -18, -12]) {
  const channels = call(level);
  const stream = (): ChannelStream => ({
    sampleRate: RATE,
    numChannels: 2,
    blocks: (async function* () {
      yield channels;
    })(),
  });
  const analysis = await analyzeSamples(channels);
  const own = await ownSpeech(stream(), analysis, chooseMethod(analysis, 'split').channels);
  const file = stereo(channels);
  const auto = await diarizeChannels(file, diarizer);
  const mix = await diarizeChannels(file, diarizer, { channels: 'mix' });
  const told = await diarizeChannels(file, diarizer, { channels: 'mix', numSpeakers: 2 });
  const louder = louderChannel(
    own.map(({ levels }) => levels),
    analysis.verdicts.map(({ thresholdDb }) => thresholdDb),
  );
  const rates = [splitTurns(own).turns, auto.turns, mix.turns, told.turns, louder].map(rate);
  console.log(`| ${level} dB | ${rates.join(' | ')} |`);
  console.error(`auto: ${auto.channels.method}, ${auto.channels.reason}; ${JSON.stringify(analysis.pairs)}`);
}
await diarizer.close();

function rate(turns: readonly Turn[]): string {
  return `${(100 * diarizationErrorRate(reference, { turns }).der).toFixed(1)} %`;
}

function call(level: number): Float32Array[] {
  const voices = people.map((person) => {
    const out = new Float32Array(clean.length);
    for (const { speaker, start, end } of reference.turns) {
      // the turn and what is around it, so that words are whole
      const [from, to] = [Math.max(0, Math.round((start - 0.05) * RATE)), Math.round((end + 0.05) * RATE)];
      if (speaker === person) out.set(clean.subarray(from, to), from);
    }
    return out;
  });
  const random = generator(7);
  return voices.map((voice, c) => {
    const other = gain(voices[1 - c], level);
    return voice.map((v, i) => {
      const leaked = (other[i - 48] ?? 0) + 0.3 * (other[i - 85] ?? 0) - 0.2 * (other[i - 139] ?? 0);
      return v + leaked + 0.001 * (random() + random() + random() - 1.5) * 2;
    });
  });
}

/** What is often done: of the channels above their floor the louder one talks. */
function louderChannel(levels: readonly Int8Array[], thresholds: readonly number[]): Turn[] {
  return levels.flatMap((own, c) => {
    const other = levels[1 - c];
    const active = Uint8Array.from(own, (level, f) => Number(level >= thresholds[c] && level > other[f]));
    return segmentsOf(active, 2 * FRAME, 2 * FRAME).map((one) => ({ ...one, speaker: `${c}` }));
  });
}

function stereo(channels: readonly Float32Array[]): Uint8Array {
  const { length } = channels[0];
  const out = Buffer.alloc(44 + 4 * length);
  out.write('RIFF', 0);
  out.writeUInt32LE(36 + 4 * length, 4);
  out.write('WAVEfmt ', 8);
  out.writeUInt32LE(16, 16);
  out.writeUInt16LE(1, 20);
  out.writeUInt16LE(2, 22);
  out.writeUInt32LE(RATE, 24);
  out.writeUInt32LE(4 * RATE, 28);
  out.writeUInt16LE(4, 32);
  out.writeUInt16LE(16, 34);
  out.write('data', 36);
  out.writeUInt32LE(4 * length, 40);
  for (let i = 0; i < length; i++) {
    for (let c = 0; c < 2; c++) {
      const value = Math.max(-32768, Math.min(32767, Math.round(channels[c][i] * 32767)));
      out.writeInt16LE(value, 44 + 4 * i + 2 * c);
    }
  }
  return new Uint8Array(out);
}
