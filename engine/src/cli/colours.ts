import pc from 'picocolors';

/** Colours where they are wanted: FORCE_COLOR and NO_COLOR decide, otherwise whether the stream is a terminal. */
export type Colours = ReturnType<typeof pc.createColors>;

interface Stream {
  readonly isTTY?: boolean;
}

type Variables = Readonly<Record<string, string | undefined>>;

export function coloursFor(stream: Stream, env: Variables = process.env): Colours {
  return pc.createColors(wantsColour(stream, env));
}

/** https://no-color.org, and FORCE_COLOR as Node understands it: 0 and false switch off, anything else on. */
export function wantsColour({ isTTY = false }: Stream, env: Variables = process.env): boolean {
  if (env.FORCE_COLOR !== undefined) return !['0', 'false'].includes(env.FORCE_COLOR);
  if (env.NO_COLOR) return false;
  return isTTY && env.TERM !== 'dumb';
}

/** One colour a speaker, told apart by most eyes on light and dark; they come again after the eighth. */
export function speakerPaint(colours: Colours): (text: string, speaker: number) => string {
  const wheel = [
    colours.cyan,
    colours.yellow,
    colours.magenta,
    colours.green,
    colours.blueBright,
    colours.redBright,
    colours.whiteBright,
    colours.yellowBright,
  ];
  return (text, speaker) => wheel[speaker % wheel.length](text);
}
