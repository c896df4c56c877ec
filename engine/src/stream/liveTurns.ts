import type { Seconds } from '../core/segment.ts';

/** Somebody begins or ends to speak, at a time of the stream. */
export interface LiveEvent {
  readonly type: 'start' | 'end';
  readonly time: Seconds;
  readonly speaker: number;
}

/**
 * Frame by frame, who speaks, to beginnings and ends. Nothing that was told is taken back, so a beginning is told once it has
 * lasted `minOn`, and an end once nobody went on within `minOff`; both with the time at which they were.
 */
export function liveTurns({
  minOn = 0.1,
  minOff = 0.3,
}: {
  readonly minOn?: Seconds;
  readonly minOff?: Seconds;
} = {}): {
  frame(time: Seconds, active: (speaker: number) => boolean, count: number): LiveEvent[];
  finish(time: Seconds): LiveEvent[];
} {
  interface Floor {
    /** Since when active, or since when not. */
    since: Seconds;
    active: boolean;
    told: boolean;
  }
  const floors: Floor[] = [];
  let last = Number.NEGATIVE_INFINITY;
  const event = (type: LiveEvent['type'], time: Seconds, speaker: number): LiveEvent => {
    // Events are told in order, whatever was waited for.
    last = Math.max(last, time);
    return { type, time: last, speaker };
  };

  function frame(time: Seconds, active: (speaker: number) => boolean, count: number): LiveEvent[] {
    const events: LiveEvent[] = [];
    for (let s = 0; s < count; s++) {
      floors[s] ??= { since: time, active: false, told: false };
      const floor = floors[s];
      const now = active(s);
      if (now !== floor.active) {
        // A gap that was too short to be told is filled: the beginning before it stands.
        floor.active = now;
        floor.since = time;
      }
      if (now && !floor.told && time - floor.since >= minOn) {
        floor.told = true;
        events.push({ type: 'start', time: floor.since, speaker: s });
      } else if (!now && floor.told && time - floor.since >= minOff) {
        floor.told = false;
        events.push({ type: 'end', time: floor.since, speaker: s });
      }
    }
    events.sort((a, b) => a.time - b.time);
    return events.map(({ type, time: at, speaker }) => event(type, at, speaker));
  }

  return {
    frame,
    finish(time) {
      const open = floors.flatMap((floor, s) => {
        if (!floor.told) return [];
        floor.told = false;
        return [{ type: 'end' as const, time: floor.active ? time : floor.since, speaker: s }];
      });
      open.sort((a, b) => a.time - b.time);
      return open.map(({ type, time: at, speaker }) => event(type, at, speaker));
    },
  };
}
