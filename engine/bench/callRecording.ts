import type { Turn } from '../src/core/turn.ts';
import { planConversation, turnsOf } from './conversation.ts';
import { addPinkNoise, type People, type Person, SAMPLE_RATE, seeded, trackOf } from './people.ts';
import { convolve, drawPlaces, drawRoom, impulseResponse } from './room.ts';
import { telephone } from './telephone.ts';

/**
 * Calls of two channels, of which the truth is known because we made them; each side hears the other through its loudspeaker,
 * `bleed` decibels down and through a few echoes:
 *
 *     pair   A        | B          one person a side
 *     room   A        | B and C    two people around one microphone
 *     both   A and C  | A and B    A speaks now here, now there: one presenter heard in two rooms
 *
 * Rooms are simulated (room.ts); in every second call the second side is a telephone. Each channel has noise of its own.
 */
export const CALL_KINDS = ['pair', 'room', 'both'] as const;
export type CallKind = (typeof CALL_KINDS)[number];

export interface Call {
  readonly name: string;
  readonly kind: CallKind;
  readonly bleed: number;
  readonly people: readonly string[];
  readonly channels: readonly Float32Array[];
  readonly turns: readonly Turn[];
}

export interface CallOptions {
  readonly kind: CallKind;
  readonly bleed: number;
  readonly seed: number;
  readonly item: number;
  readonly duration: number;
}

const NOISE = -75;

export async function makeCall(people: People, { kind, bleed, seed, item, duration }: CallOptions): Promise<Call> {
  const random = seeded(seed, item);
  const persons = await people.draw(kind === 'pair' ? 2 : 3, random);
  const lengths = persons.map(({ phrases }) => phrases.map(({ length }) => length / SAMPLE_RATE));
  const plan = planConversation(lengths, duration, random);
  const numSamples = Math.round(duration * SAMPLE_RATE);
  const names = persons.map(({ name }) => name);
  // Whoever speaks on both sides changes sides between turns, not within one.
  const turns = turnsOf(plan, names, 0.7);
  const sideOf = (voice: number, start: number): number => {
    if (kind !== 'both') return voice === 0 ? 0 : 1;
    if (voice > 0) return voice === 1 ? 1 : 0;
    const own = turns.filter(({ speaker }) => speaker === names[0]);
    return own.findIndex((turn) => turn.start <= start + 1e-6 && start < turn.end) % 2;
  };
  const sides = [0, 1].map((side) => {
    const room = drawRoom(random);
    const { microphone, mouths } = drawPlaces(room, persons.length, random);
    const out = new Float32Array(numSamples);
    const inRoom = kind !== 'pair' || item % 4 >= 2;
    persons.forEach((person: Person, voice) => {
      const placed = plan.filter((one) => one.voice === voice && sideOf(voice, one.start) === side);
      if (placed.length === 0) return;
      const dry = trackOf(person, placed, numSamples);
      const heard = inRoom ? convolve(dry, impulseResponse(room, mouths[voice], microphone, SAMPLE_RATE)) : dry;
      for (let i = 0; i < numSamples; i++) out[i] += heard[i];
    });
    return side === 1 && item % 2 === 1 ? telephone(out, SAMPLE_RATE) : out;
  });
  const gain = 10 ** (bleed / 20);
  const channels = sides.map((own, side) => {
    const other = sides[1 - side];
    const out = own.map(
      (value, i) => value + gain * ((other[i - 48] ?? 0) + 0.3 * (other[i - 85] ?? 0) - 0.2 * (other[i - 139] ?? 0)),
    );
    addPinkNoise(out, NOISE, random);
    return out;
  });
  const name = `${kind} ${bleed} dB ${item}`;
  return { name, kind, bleed, people: names, channels, turns: turnsOf(plan, names) };
}

/** Two channels as the bytes of a WAV file of 16 bits. */
export function stereoWav(channels: readonly Float32Array[], sampleRate: number = SAMPLE_RATE): Uint8Array {
  const numChannels = channels.length;
  const { length } = channels[0];
  const size = 2 * numChannels * length;
  const out = Buffer.alloc(44 + size);
  out.write('RIFF', 0);
  out.writeUInt32LE(36 + size, 4);
  out.write('WAVEfmt ', 8);
  out.writeUInt32LE(16, 16);
  out.writeUInt16LE(1, 20);
  out.writeUInt16LE(numChannels, 22);
  out.writeUInt32LE(sampleRate, 24);
  out.writeUInt32LE(2 * numChannels * sampleRate, 28);
  out.writeUInt16LE(2 * numChannels, 32);
  out.writeUInt16LE(16, 34);
  out.write('data', 36);
  out.writeUInt32LE(size, 40);
  for (let i = 0, at = 44; i < length; i++)
    for (let c = 0; c < numChannels; c++, at += 2)
      out.writeInt16LE(Math.max(-32768, Math.min(32767, Math.round(channels[c][i] * 32767))), at);
  return new Uint8Array(out);
}
