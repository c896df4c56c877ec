import { capCount, clusterVotes, largest, mostVoted, type SpeakerVotes, type Voters } from './reconstruct.ts';
import { voteSmoother } from './smooth.ts';
import { type ClusterTurn, type TurnOptions, turnCollector } from './turns.ts';

/**
 * From local speakers and their clusters to turns, a block of frames at a time:
 *
 *   |—— block ——|—— block ——|—— block …      votes → smoothed → decided → runs that go on into the next block
 *
 * Frames × clusters of a day are 170 MB for each of votes, decision and exclusive decision, of a block less than 1 MB.
 */

export interface DecideOptions {
  /** See smooth.ts; 0 for none. */
  readonly smoothing?: number;
}

/** 69 s. */
const FRAMES_PER_BLOCK = 4096;

/** Of as many speakers a frame as are counted, and of one at a time. */
export function decideTurns(
  voters: Voters,
  count: Uint8Array,
  { smoothing, ...options }: DecideOptions & TurnOptions = {},
): { readonly turns: ClusterTurn[]; readonly exclusiveTurns: ClusterTurn[] } {
  const { grid, chunks } = voters.activity;
  const turns = turnCollector({ ...grid, start: chunks.start }, options);
  const exclusive = turnCollector({ ...grid, start: chunks.start }, options);
  const most = largest(count);
  for (const block of blocks(voters, count, FRAMES_PER_BLOCK, { smoothing })) {
    turns.add(mostVoted(block.votes, block.count, most));
    exclusive.add(mostVoted(block.votes, capCount(block.count, 1), Math.min(1, most)));
  }
  return { turns: turns.finish(), exclusiveTurns: exclusive.finish() };
}

/** The votes that are decided on, of the whole recording: for who wants to look at them. */
export function allVotes(voters: Voters, count: Uint8Array, options: DecideOptions = {}): SpeakerVotes {
  const [{ votes }] = blocks(voters, count, count.length, options);
  return votes;
}

interface Block {
  readonly votes: SpeakerVotes;
  readonly count: Uint8Array;
}

function* blocks(
  voters: Voters,
  count: Uint8Array,
  framesPerBlock: number,
  { smoothing = 0 }: DecideOptions,
): Generator<Block> {
  const smooth = voteSmoother(smoothing);
  for (let firstFrame = 0; firstFrame < count.length; firstFrame += framesPerBlock) {
    const counted = count.subarray(firstFrame, firstFrame + framesPerBlock);
    const votes = clusterVotes(voters, { firstFrame, numFrames: counted.length });
    yield { votes: smoothing > 0 ? smooth(votes, counted) : votes, count: counted };
  }
}
