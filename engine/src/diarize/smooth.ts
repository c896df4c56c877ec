import type { SpeakerVotes } from './reconstruct.ts';

/**
 * Temporal smoothing of near-ties: where two clusters have almost as many votes, the one that had the floor in the frame
 * before keeps it, so that the turn does not flicker between them. Off in pyannote, on in speakrs
 * (`ReconstructMethod::Smoothed`, epsilon 0.1).
 *
 * The votes of last frame's speakers are raised by epsilon where they have any; whole votes differ by 1 or more, so an
 * epsilon below 1 breaks ties only. Gives new votes of each block of frames; whoever has the floor keeps it into the next.
 */
export function voteSmoother(epsilon = 0.1): (votes: SpeakerVotes, count: Uint8Array) => SpeakerVotes {
  let holders: number[] = [];
  return (votes, count) => {
    const { numFrames, numSpeakers } = votes;
    const data = new Float32Array(votes.data);
    for (let frame = 0; frame < numFrames; frame++) {
      const row = frame * numSpeakers;
      for (const k of holders) if (data[row + k] > 0) data[row + k] += epsilon;
      holders = Array.from({ length: numSpeakers }, (_, k) => k)
        .filter((k) => data[row + k] > 0)
        .sort((a, b) => data[row + b] - data[row + a] || a - b)
        .slice(0, count[frame]);
    }
    return { ...votes, data };
  };
}
