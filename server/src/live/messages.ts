/** What the server and the process that hears live streams say to each other. Sound in, beginnings and ends of turns out. */
export type ToLive =
  | { readonly type: 'open' | 'finish' | 'close'; readonly stream: string }
  | { readonly type: 'samples'; readonly stream: string; readonly samples: Float32Array };

export interface LiveTurnEvent {
  readonly type: 'start' | 'end';
  readonly time: number;
  readonly speaker: number;
}

export type FromLive =
  | { readonly type: 'ready' }
  | { readonly type: 'unable'; readonly message: string }
  | {
      readonly type: 'heard';
      readonly stream: string;
      readonly numSamples: number;
      readonly events: readonly LiveTurnEvent[];
    }
  | { readonly type: 'finished'; readonly stream: string; readonly events: readonly LiveTurnEvent[] }
  | { readonly type: 'broken'; readonly stream: string; readonly message: string };
