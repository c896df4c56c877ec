import { readFile } from 'node:fs/promises';
import { transcribe as realTranscribe } from 'diarist';
import type {
  EngineChannelResult,
  EngineChannels,
  EngineDiarizer,
  EngineEvent,
  EngineLive,
  EngineModule,
  EngineResult,
} from '../src/jobs/engine.ts';

/**
 * Stands in for the engine in tests of everything around it; words are put together by the real one. It hears loudness:
 * a stretch of samples of magnitude 1000·n is speaker n. What a job is about is said by text in the file instead of sound:
 *
 *   crash   the process dies      hang   never ends, obeys a cancel      stuck   never ends, obeys nothing
 *   eats    takes ever more memory       bug    an error of ours         else    cannot be decoded
 */
interface Wav {
  readonly rate: number;
  readonly channels: readonly Float32Array[];
}

async function read(file: string): Promise<Wav> {
  const bytes = await readFile(file);
  if (bytes.length === 0) throw coded('audio_empty', `${file} is empty (0 bytes).`);
  if (bytes.toString('latin1', 0, 4) !== 'RIFF') throw coded('audio_not_audio', `${file} is not a recording.`);
  const count = bytes.readUInt16LE(22);
  const rate = bytes.readUInt32LE(24);
  const length = (bytes.length - 44) / 2 / count;
  const channels = Array.from({ length: count }, (_, c) =>
    Float32Array.from({ length }, (_, i) => bytes.readInt16LE(44 + (i * count + c) * 2) / 32768),
  );
  return { rate, channels };
}

export async function openChannels(file: string): Promise<EngineChannels> {
  const text = (await readFile(file)).toString('latin1', 0, 8);
  if (text.startsWith('bug')) throw new Error(`A bug, which tells of ${file}.`);
  if (/^(crash|hang|stuck|eats)/.test(text)) return fakeChannels(16000, 1, [new Float32Array(16000)]);
  const { rate, channels } = await read(file);
  return fakeChannels(rate, channels.length, channels);
}

function fakeChannels(rate: number, numChannels: number, channels: readonly Float32Array[]): EngineChannels {
  return {
    numChannels,
    sampleRate: rate,
    duration: channels[0].length / rate,
    source: { sampleRate: rate, numChannels },
    blocks: (async function* () {
      yield channels;
    })(),
    close: async () => {},
  };
}

export async function createDiarizer(): Promise<EngineDiarizer> {
  return {
    model: {
      manifest: {
        name: 'fake',
        version: '1',
        licences: [{ id: 'Apache-2.0' }],
        verification: { slope: 8, intercept: -4 },
        files: { segmentation: { sha256: 'aa' }, embedding: { sha256: 'bb' } },
      },
    },
    close: async () => {},
    live: fakeLive,
    async diarize(recording, { channel = 'mix', signal, observe, numSpeakers }): Promise<EngineResult> {
      const file = typeof recording === 'string' ? recording : undefined;
      const text = file === undefined ? '' : (await readFile(file)).toString('latin1', 0, 8);
      if (text.startsWith('crash')) process.kill(process.pid, 'SIGKILL');
      if (text.startsWith('stuck')) for (;;);
      if (text.startsWith('eats'))
        for (const all: Buffer[] = []; ; await new Promise((resume) => setTimeout(resume, 5)))
          all.push(Buffer.alloc(8 * 2 ** 20, 1));
      if (text.startsWith('hang'))
        await new Promise((_, fail) => signal?.addEventListener('abort', () => fail(signal.reason)));
      const { rate, channels } = file === undefined ? samplesOf(recording as Samples) : await read(file);
      const samples = channels[channel === 'mix' ? 0 : channel];
      observe?.({ type: 'progress', stage: 'segmentation', done: 1, total: 1 } satisfies EngineEvent);
      const pause = Number(process.env['DIARIST_FAKE_MS'] ?? 0);
      if (pause > 0) await new Promise((resume) => setTimeout(resume, pause));
      signal?.throwIfAborted();
      const heard: { start: number; end: number; who: number }[] = [];
      for (let i = 0; i < samples.length; i++) {
        const who = Math.round(Math.abs(samples[i]) * 32.768);
        const last = heard.at(-1);
        if (last && last.who === who) last.end = (i + 1) / rate;
        else heard.push({ start: i / rate, end: (i + 1) / rate, who });
      }
      const order: number[] = [];
      for (const { who } of heard) if (who > 0 && !order.includes(who)) order.push(who);
      const label = (who: number) => `SPEAKER_${String(order.indexOf(who)).padStart(2, '0')}`;
      const turns = heard
        .filter(({ who }) => who > 0)
        .map(({ start, end, who }) => ({ start, end, speaker: label(who), confidence: 0.9 }));
      return {
        duration: samples.length / rate,
        turns,
        exclusiveTurns: turns,
        speakers: order.map((who) => ({
          label: label(who),
          embedding: Float32Array.from({ length: 16 }, (_, i) => (i === who ? 1 : 0.05 * Math.sin(i * who))),
          speechDuration: turns
            .filter(({ speaker }) => speaker === label(who))
            .reduce((sum, turn) => sum + turn.end - turn.start, 0),
        })),
        warnings: numSpeakers === 99 ? ['a warning of the engine'] : [],
      };
    },
  };
}

/** Loudness as it comes: told at once. A sample of 0.9 is a bug, one of 0.8 a time in which nothing is heard. */
function fakeLive(): EngineLive {
  let now = 0;
  let who = 0;
  const change = (next: number) => {
    const events: { type: 'start' | 'end'; time: number; speaker: number }[] = [];
    if (who > 0) events.push({ type: 'end', time: now, speaker: who });
    if (next > 0) events.push({ type: 'start', time: now, speaker: next });
    who = next;
    return events;
  };
  return {
    async push(samples) {
      if (samples[0] > 0.85) throw new Error('A bug.');
      if (samples[0] > 0.75) await new Promise((resume) => setTimeout(resume, 60_000));
      const next = Math.round(samples[0] * 10);
      const events = next === who ? [] : change(next);
      now += samples.length / 16000;
      return events;
    },
    finish: async () => change(0),
  };
}

/** Channels that are equal but for their sign count once; the others are heard one by one, as other speakers. */
export const diarizeChannels: EngineModule['diarizeChannels'] = async (file, diarizer, { channels, ...options }) => {
  const { channels: all } = await read(file);
  const distinct = [...all.keys()].filter(
    (c) => !all.slice(0, c).some((other) => other.every((x, i) => Math.abs(x) === Math.abs(all[c][i]))),
  );
  const report = (method: EngineChannelResult['channels']['method'], used: readonly number[]) => ({
    channels: { method, used, analysis: { distinctChannels: distinct.length } },
  });
  if (typeof channels === 'number')
    return { ...(await diarizer.diarize(file, { ...options, channel: channels })), ...report('channel', [channels]) };
  if (channels === 'mix' || distinct.length === 1)
    return {
      ...(await diarizer.diarize(file, { ...options, channel: 0 })),
      ...report(distinct.length === 1 ? 'channel' : 'mix', distinct),
    };
  const found: EngineResult[] = [];
  for (const channel of distinct) found.push(await diarizer.diarize(file, { ...options, channel }));
  const labels = found.flatMap(({ speakers }, i) => speakers.map(({ label }) => `${i} ${label}`));
  const label = (i: number, old: string) => `SPEAKER_${String(labels.indexOf(`${i} ${old}`)).padStart(2, '0')}`;
  const turns = found
    .flatMap((one, i) => one.turns.map((turn) => ({ ...turn, speaker: label(i, turn.speaker), channel: distinct[i] })))
    .sort((a, b) => a.start - b.start);
  return {
    duration: found[0].duration,
    turns,
    exclusiveTurns: turns,
    speakers: found.flatMap((one, i) => one.speakers.map((voice) => ({ ...voice, label: label(i, voice.label) }))),
    warnings: [],
    ...report('hybrid', distinct),
  };
};

export const transcribe: EngineModule['transcribe'] = (file, diarization, recogniser, options) =>
  realTranscribe(
    file,
    { ...diarization, model: { name: 'fake', version: '1', licence: 'Apache-2.0' } },
    recogniser,
    options,
  );

interface Samples {
  readonly sampleRate: number;
  readonly samples: Float32Array;
}

const samplesOf = ({ sampleRate, samples }: Samples): Wav => ({ rate: sampleRate, channels: [samples] });

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
