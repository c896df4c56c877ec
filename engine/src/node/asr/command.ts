import { spawn } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Transcript } from '../../transcript/transcript.ts';
import { tempFolder } from '../decode/tempFiles.ts';
import { readAnswer } from './http.ts';
import { type RecogniseOptions, type Recogniser, RecogniserError, type Speech } from './recogniser.ts';

/**
 * A program as a recogniser. `{input}` in its arguments is a 16 kHz WAV file; `{output}` a name without ending in an empty
 * folder, where the program leaves its transcript; without `{output}` the transcript is what it prints. No shell is run.
 *
 *     whisper-cli -m model.bin -f {input} -oj -ojf -of {output}
 */
export interface CommandRecogniserOptions {
  /** The program and its arguments; a string is cut at blanks, quotes hold together. */
  readonly command: string | readonly string[];
  readonly timeoutMs?: number;
  readonly concurrency?: number;
  /** The program's environment; this process's own where absent. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const MAX_OUTPUT = 64 * 2 ** 20;

export function commandRecogniser({
  command,
  timeoutMs = 3_600_000,
  concurrency = 1,
  env,
}: CommandRecogniserOptions): Recogniser {
  const words = typeof command === 'string' ? splitCommand(command) : [...command];
  const [program] = words;
  if (program === undefined || !words.some((word) => word.includes('{input}')))
    throw new RangeError(`Got the command '${words.join(' ')}' when one with {input} in it was expected.`);

  async function recognise(speech: Speech, { language, signal }: RecogniseOptions = {}): Promise<Transcript> {
    const folder = await tempFolder();
    try {
      const input = join(folder.path, 'speech.wav');
      const output = join(folder.path, 'transcript');
      await writeFile(input, speech.wav);
      const filled = words.map((word) =>
        word
          .replaceAll('{input}', input)
          .replaceAll('{output}', output)
          .replaceAll('{language}', language ?? 'auto'),
      );
      const printed = await runProgram(filled, { timeoutMs, signal, env });
      if (!words.some((word) => word.includes('{output}'))) return readAnswer(printed, speech.duration, program);
      await rm(input);
      const files = (await readdir(folder.path)).filter((file) => file.startsWith('transcript'));
      const file = files.find((one) => one.endsWith('.json')) ?? files[0];
      if (file === undefined)
        throw new RecogniserError('recogniser_bad_answer', `${program} left no file at {output}: ${output}.`);
      return readAnswer(await readFile(join(folder.path, file), 'utf8'), speech.duration, program);
    } finally {
      await folder.remove();
    }
  }
  return { name: program, concurrency, recognise };
}

function runProgram(
  [program, ...args]: readonly string[],
  {
    timeoutMs,
    signal,
    env,
  }: {
    readonly timeoutMs: number;
    readonly signal?: AbortSignal | undefined;
    readonly env?: CommandRecogniserOptions['env'] | undefined;
  },
): Promise<string> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    // A group of its own: what a script starts ends with it.
    const grouped = process.platform !== 'win32';
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      env,
      detached: grouped,
    });
    const out: Buffer[] = [];
    let size = 0;
    let errors = '';
    let late = false;
    const kill = () => {
      if (child.pid === undefined) return;
      try {
        process.kill(grouped ? -child.pid : child.pid, 'SIGKILL');
      } catch {
        // nobody of it is left
      }
    };
    const timer = setTimeout(() => {
      late = true;
      kill();
    }, timeoutMs);
    signal?.addEventListener('abort', kill, { once: true });
    process.once('exit', kill);
    child.stdout.on('data', (part: Buffer) => {
      size += part.length;
      if (size > MAX_OUTPUT) kill();
      else out.push(part);
    });
    child.stderr.on('data', (part: Buffer) => {
      errors = (errors + part.toString('utf8')).slice(-2000);
    });
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
      process.removeListener('exit', kill);
    };
    child.on('error', (cause: NodeJS.ErrnoException) => {
      done();
      const missing = cause.code === 'ENOENT';
      const message = missing ? `There is no program ${program}.` : `${program} could not be run (${cause.code}).`;
      reject(new RecogniserError(missing ? 'recogniser_missing' : 'recogniser_failed', message, { cause }));
    });
    child.on('close', (code, killedBy) => {
      done();
      if (signal?.aborted) return reject(signal.reason);
      if (late)
        return reject(
          new RecogniserError('recogniser_timeout', `${program} did not end within ${timeoutMs / 1000} s.`),
        );
      if (size > MAX_OUTPUT)
        return reject(
          new RecogniserError('recogniser_bad_answer', `${program} printed more than ${MAX_OUTPUT / 2 ** 20} MiB.`),
        );
      if (code !== 0) {
        const last = errors.trim().split('\n').slice(-3).join(' ') || 'without a message';
        return reject(new RecogniserError('recogniser_failed', `${program} ended with ${code ?? killedBy}: ${last}`));
      }
      resolve(Buffer.concat(out).toString('utf8'));
    });
  });
}

/** Cut at blanks; what is within quotes stays together. */
export function splitCommand(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain,
  );
}
