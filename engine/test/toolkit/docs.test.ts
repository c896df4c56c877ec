import type { Command } from 'commander';
import { expect, test } from 'vitest';
import { changesCommand } from '../../src/cli/changes.ts';
import { embedCommand } from '../../src/cli/embed.ts';
import { overlapCommand } from '../../src/cli/overlap.ts';
import { segmentCommand } from '../../src/cli/segment.ts';
import { trialsCommand } from '../../src/cli/trials.ts';
import { vadCommand } from '../../src/cli/vad.ts';
import { verifyCommand } from '../../src/cli/verify.ts';
import { asShown, runPage } from './runDocs.ts';

const COMMANDS: Readonly<Record<string, () => Command>> = {
  vad: vadCommand,
  overlap: overlapCommand,
  changes: changesCommand,
  segment: segmentCommand,
  embed: embedCommand,
  verify: verifyCommand,
  trials: trialsCommand,
};

const NUMBER = /-?\d+(?:\.\d+)?(?:e-?\d+)?/g;

/** Words alike, numbers to a twentieth: another processor rounds the network's sums otherwise. */
function expectAlike(found: string, expected: string): void {
  expect(found.replace(NUMBER, '#')).toBe(expected.replace(NUMBER, '#'));
  const [some, others] = [found, expected].map((text) => (text.match(NUMBER) ?? []).map(Number));
  for (const [i, number] of some.entries())
    expect(Math.abs(number - others[i]), `${found}\n${expected}`).toBeLessThan(0.05);
}

test.each(['voice-activity.md', 'overlap.md', 'speaker-change.md', 'embeddings.md', 'verification.md'])(
  'what docs/%s shows is what comes out',
  async (page) => {
    const examples = await runPage(page, COMMANDS);
    expect(examples.filter(({ kind }) => kind === 'console').length).toBeGreaterThan(0);
    expect(examples.filter(({ kind }) => kind === 'js').length).toBeGreaterThan(0);
    if (process.env.DIARIST_UPDATE_DOCS) return;
    for (const example of examples) for (const [found, expected] of asShown(example)) expectAlike(found, expected);
  },
);
