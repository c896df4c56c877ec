import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** A module of ours in a process of its own, which a bad file or a native library may end without ending the server. */
export interface OwnProcess {
  readonly child: ChildProcess;
  /** The end of what it said on standard error. */
  readonly said: () => string;
}

/** The names of the environment that other programs are given. */
export const PASSED: RegExp =
  /^(PATH|HOME|TMPDIR|TEMP|TMP|LANG|LC_.*|LD_LIBRARY_PATH|SystemRoot|CUDA_.*|NVIDIA_.*|FFMPEG_PATH|DIARIST_.*|HF_HOME|HF_HUB_OFFLINE|XDG_CACHE_HOME|OMP_NUM_THREADS)$/;

/**
 * Starts one. Of the environment it gets what finding programs and models takes, and no secret.
 *
 * @param module beside `base`, without its extension: TypeScript in the repository, JavaScript in the package
 */
export function startProcess(module: string, base: string, args: readonly string[]): OwnProcess {
  const entry = fileURLToPath(new URL(`./${module}.${base.endsWith('.ts') ? 'ts' : 'js'}`, base));
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => PASSED.test(name)));
  const child = fork(entry, [...args], {
    serialization: 'advanced',
    env,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  // Every message to one that has just ended is an 'error'; that it ended is told by 'exit'.
  child.on('error', () => {});
  let said = '';
  child.stderr?.on('data', (data: Buffer) => {
    said = (said + data.toString()).slice(-2000);
  });
  return { child, said: () => said };
}
