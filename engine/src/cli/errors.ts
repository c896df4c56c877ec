import { basename } from 'node:path';
import { CommanderError } from 'commander';
import { DiaristError } from '../core/errors.ts';
import { EXIT, exitCodeOf, isMisuse } from './exitCodes.ts';
import { Interrupted, interruption, STOPPED } from './interrupts.ts';

/** Some of several recordings failed; each has been named already. */
export class SomeFailed extends Error {
  override readonly name = 'SomeFailed';
  readonly failed: readonly string[];
  constructor(failed: readonly string[], all: number) {
    const names = failed.length > 5 ? `${failed.slice(0, 5).join(', ')}, …` : failed.join(', ');
    super(`${failed.length} of ${all} recordings failed: ${names}.`);
    this.failed = failed;
  }
}

/** One sentence for a person; with the recording's name where the sentence has it not. */
export function describeError(error: unknown, label?: string): string {
  const text = error instanceof Error ? error.message : String(error);
  const known = error instanceof DiaristError || error instanceof SomeFailed || isMisuse(error);
  const sentence = known
    ? text
    : `unexpected error: ${text}. Please report it; with DIARIST_DEBUG=1 the program says where it happened.`;
  const named = label === undefined || sentence.includes(label) || sentence.includes(basename(label));
  const trace = process.env.DIARIST_DEBUG && error instanceof Error ? `\n${traceOf(error)}` : '';
  const stop = /[.?!)]$/.test(sentence) ? '' : '.';
  return `${named ? '' : `${label}: `}${sentence}${stop}${trace}`;
}

function traceOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${traceOf(error.cause)}` : '';
  return `${error.stack}${cause}`;
}

/** Says on standard error what went wrong, and gives the exit code. Commander has said its own already. */
export function reportError(error: unknown): number {
  const stopped = error instanceof Interrupted ? error : interruption();
  if (stopped !== undefined) {
    process.stderr.write(STOPPED);
    return stopped.exitCode;
  }
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  process.stderr.write(`diarist: ${describeError(error)}\n`);
  return error instanceof SomeFailed ? EXIT.someFailed : exitCodeOf(error);
}
