import { expect, test } from 'vitest';
import type { RunResult } from './messages.ts';
import { voiceOf } from './output.ts';

const clipOf = (speakers: RunResult['speakers']) => ({ speakers }) as RunResult;

test('why a clip has no voice is what is wrong with it', () => {
  const label = 'SPEAKER_00';
  expect(() => voiceOf(clipOf([{ label, speechDuration: 0.4, vector: [1] }]), 0.5)).toThrow(
    'The clip has 0.4 s of speech when a voiceprint takes at least 0.5 s',
  );
  // Two who talk at the same time all along: enough speech, but no voice.
  expect(() => voiceOf(clipOf([{ label, speechDuration: 3 }]), 0.5)).toThrow(
    'Nobody talks alone in the clip for long enough to tell the voice',
  );
});
