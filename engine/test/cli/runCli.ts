import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built program as a person runs it, with its own folder for temporary files, so that a test sees what it leaves; without ffmpeg. */
export const BIN: string = fileURLToPath(new URL('../../bin/diarist.js', import.meta.url));
export const SAMPLE: string = fileURLToPath(new URL('../../samples/meeting.flac', import.meta.url));

export interface Finished {
  /** The exit code, or 128 and the signal's number as a shell counts. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** What was left among the temporary files. */
  readonly leftovers: readonly string[];
}

export interface RunOptions {
  readonly cwd?: string;
  readonly input?: Uint8Array | string;
  readonly env?: Readonly<Record<string, string>>;
  /** A module that is loaded first, to make the machine behave badly. */
  readonly preload?: string;
  /** What to do with the running program. */
  readonly during?: (child: ChildProcess, temporary: string) => void;
  /** Where standard output goes instead of here. */
  readonly stdout?: number;
}

export async function run(args: readonly string[], options: RunOptions = {}): Promise<Finished> {
  const { cwd, input, env = {}, preload, during, stdout: target } = options;
  const temporary = mkdtempSync(join(tmpdir(), 'cli-'));
  const flags = preload === undefined ? [] : ['--import', `data:text/javascript,${encodeURIComponent(preload)}`];
  const child = spawn(process.execPath, [...flags, BIN, ...args], {
    cwd,
    env: {
      ...process.env,
      TMPDIR: temporary,
      NO_COLOR: '',
      FORCE_COLOR: '0',
      DIARIST_DEBUG: '',
      DIARIST_NO_FFMPEG: '1',
      ...env,
    },
    stdio: ['pipe', target ?? 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin?.on('error', () => {}); // it may end before it has read all
  if (during === undefined || input !== undefined) child.stdin?.end(input);
  during?.(child, temporary);
  const code = await new Promise<number | null>((resolve) => {
    child.on('close', (exit, signal) =>
      resolve(exit ?? (signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : null)),
    );
  });
  const leftovers = readdirSync(temporary);
  rmSync(temporary, { recursive: true });
  return { code, stdout, stderr, leftovers };
}

export interface WavOptions {
  readonly sampleRate?: number;
  readonly numChannels?: number;
}

/** A WAV file of 32-bit floats, which can hold anything a float can be. */
export function wav(samples: Float32Array, { sampleRate = 16000, numChannels = 1 }: WavOptions = {}): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + samples.byteLength, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(3, 20);
  header.writeUInt16LE(numChannels, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE(sampleRate * numChannels * 4, 28);
  header.writeUInt16LE(numChannels * 4, 32);
  header.writeUInt16LE(32, 34);
  header.write('data', 36);
  header.writeUInt32LE(samples.byteLength, 40);
  return Buffer.concat([header, Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength)]);
}

/** A voice-like buzz, so many seconds of it. */
export function buzz(seconds: number, sampleRate = 16000): Float32Array {
  return Float32Array.from({ length: Math.round(seconds * sampleRate) }, (_, i) => {
    const t = i / sampleRate;
    return 0.1 * Math.sin(2 * Math.PI * 140 * t) * (1 + Math.sin(2 * Math.PI * 3 * t));
  });
}

export function put(folder: string, name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}
