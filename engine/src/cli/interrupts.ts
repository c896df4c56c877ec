/**
 * Ctrl-C and polite kills. Whoever asks for the signal gets an AbortSignal that tells; from then on the program cleans
 * up and ends by itself with 130 or 143, and a second Ctrl-C, or two seconds, end it at once. A command that never asks
 * ends as any program does.
 */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly exitCode: number;
  constructor(signal: keyof typeof CODES) {
    super(`Stopped by ${signal}.`);
    this.exitCode = CODES[signal];
  }
}

const CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const SIGNALS = Object.keys(CODES) as (keyof typeof CODES)[];
const GRACE_MS = 2000;
export const STOPPED = 'diarist: stopped.\n';

let controller: AbortController | undefined;

/** Aborted by Ctrl-C, with an {@link Interrupted} as its reason. */
export function interruptSignal(): AbortSignal {
  if (controller === undefined) {
    controller = new AbortController();
    listen();
  }
  return controller.signal;
}

/** How the program was stopped, if it was. */
export function interruption(): Interrupted | undefined {
  const reason: unknown = controller?.signal.reason;
  return reason instanceof Interrupted ? reason : undefined;
}

/**
 * While JavaScript computes for seconds without a pause no handler can run, and Ctrl-C would wait. Without handlers the
 * system ends the program itself. Only for stretches in which nothing is written.
 */
export function stopListening(): void {
  for (const signal of SIGNALS) process.off(signal, onSignal);
}

/** The end of such a stretch. */
export function listen(): void {
  stopListening();
  for (const signal of SIGNALS) process.on(signal, onSignal);
}

function onSignal(signal: NodeJS.Signals): void {
  const reason = new Interrupted(signal as keyof typeof CODES);
  if (controller?.signal.aborted) {
    endNow(signal);
    return;
  }
  process.exitCode = reason.exitCode;
  controller?.abort(reason);
  setTimeout(() => {
    process.stderr.write(STOPPED);
    endNow(signal);
  }, GRACE_MS).unref();
}

/** By the signal itself, for process.exit ends threads in the middle of native code, which ends in a core dump. */
function endNow(signal: NodeJS.Signals): void {
  stopListening();
  process.kill(process.pid, signal);
}
