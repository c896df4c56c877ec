import { Problem } from '../problem.ts';
import { assign } from './assign.ts';
import type { AssignAnswer, AssignQuestion } from './assignAside.ts';

/** `node assignProcess.js`: one assignment that would hold up everybody else, then ends. */
process.once('message', ({ diarization, call }: AssignQuestion) => {
  process.send?.(
    answerTo(() => assign(diarization, call)),
    () => process.disconnect(),
  );
});

function answerTo(work: () => Record<string, unknown>): AssignAnswer {
  try {
    return { answer: work() };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { status, code, message, errors } = error;
    return { problem: { status, code, message, errors } };
  }
}
