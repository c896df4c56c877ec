import type { PullProgress } from '../node/models/store.ts';

/**
 * How far a download is: a bar that is drawn over itself on a terminal, otherwise a line when a file begins and one at
 * every quarter. Feed it pullModel's onProgress.
 */
export interface ProgressDisplay {
  readonly update: (progress: PullProgress) => void;
  /** Clears the bar; to be called however the download ended. */
  readonly end: () => void;
}

export interface ProgressOptions {
  readonly terminal?: boolean;
  readonly now?: () => number;
}

const WIDTH = 24;

export function pullProgress(
  write: (text: string) => void,
  { terminal = false, now = Date.now }: ProgressOptions = {},
): ProgressDisplay {
  let file = '';
  let quarter = 0;
  let drawnAt = 0;
  let drawn = false;
  return {
    update(progress) {
      const { received, total } = progress;
      const fresh = file !== progress.file;
      file = progress.file;
      const done = received === total;
      if (terminal) {
        if (!fresh && !done && now() - drawnAt < 100) return;
        drawnAt = now();
        drawn = true;
        write(`\r\x1b[K${bar(progress)}`);
        return;
      }
      const passed = total === undefined || total === 0 ? 0 : Math.floor((4 * received) / total);
      if (!fresh && passed <= quarter) return;
      quarter = passed;
      write(`${bar(progress, 0)}\n`);
    },
    end() {
      if (drawn) write('\r\x1b[K');
    },
  };
}

/** `community-1  embedding.onnx (2/8)  [########----]  12.3 of 26.7 MB` */
function bar({ model, file, fileIndex, numFiles, received, total }: PullProgress, width = WIDTH): string {
  const filled = total === undefined || total === 0 ? 0 : Math.round((width * received) / total);
  const drawing = width === 0 ? '' : `  [${'#'.repeat(filled)}${'-'.repeat(width - filled)}]`;
  const megabytes = (bytes: number) => (bytes / 1e6).toFixed(bytes < 1e5 ? 3 : 1);
  const amount = total === undefined ? megabytes(received) : `${megabytes(received)} of ${megabytes(total)}`;
  return `${model}  ${file} (${fileIndex + 1}/${numFiles})${drawing}  ${amount} MB`;
}
