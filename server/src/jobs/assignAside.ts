import { Problem } from '../problem.ts';
import type { AssignCall, Turns } from './assign.ts';
import { startProcess } from './childProcess.ts';
import { watchMemory } from './inferenceClient.ts';

/** What the process is asked, and what it says. */
export interface AssignQuestion {
  readonly diarization: Turns;
  readonly call: AssignCall;
}
export type AssignAnswer =
  | { readonly answer: Record<string, unknown> }
  | { readonly problem: Pick<Problem, 'status' | 'code' | 'message' | 'errors'> };

/** How long an assignment may take; a day of words takes a second. */
const ASSIGN_MS = 60_000;
const ASSIGN_BYTES = 2 ** 31;
const MOST_AT_ONCE = 4;

let running = 0;

/**
 * The same as `assign`, in a process of its own: twenty megabytes of turns that all overlap take minutes, in which this process
 * would answer nobody.
 */
export async function assignAside(question: AssignQuestion): Promise<Record<string, unknown>> {
  if (running >= MOST_AT_ONCE)
    throw new Problem(503, 'busy', 'Other large transcripts are being assigned: ask again', { retryAfter: 5 });
  running++;
  const { child, said } = startProcess('assignProcess', import.meta.url, []);
  const end = () => child.kill('SIGKILL');
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    end();
  }, ASSIGN_MS);
  const watcher = watchMemory(child.pid!, ASSIGN_BYTES, end);
  try {
    const found = await new Promise<AssignAnswer>((done, fail) => {
      child.once('message', done);
      child.on('error', fail);
      child.once('close', () =>
        fail(
          late
            ? new Problem(
                413,
                'too_large',
                `The transcript was not assigned within ${ASSIGN_MS / 1000} s: too much overlaps`,
              )
            : new Error(`The process that assigns ended: ${said()}`),
        ),
      );
      child.send(question, () => {}); // what goes wrong here ends the process, which is told
    });
    if ('answer' in found) return found.answer;
    const { status, code, message, errors } = found.problem;
    throw new Problem(status, code, message, errors && { errors });
  } finally {
    clearTimeout(timer);
    clearInterval(watcher);
    running--;
  }
}
