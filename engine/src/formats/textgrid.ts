import { FormatError } from '../core/errors.ts';
import { compareSegments } from '../core/segment.ts';
import { lanes } from './lanes.ts';
import { type Place, quote, type ReadOptions, recordingName } from './lines.ts';
import { textOf } from './prefix.ts';
import { Gathering, type TextAnnotation, type TextTurn, UNKNOWN } from './turns.ts';

/**
 * Praat's TextGrid: tiers of intervals that cover the recording without gaps. Here a tier is a speaker, an interval
 * with a label a turn; so speakers overlap freely, and one speaker's own overlapping turns go to a second tier of the
 * same name. Without text, the label is the speaker's name.
 *
 * Read as Praat reads: of the whole file only free-standing texts in quotes, numbers and <flags> count, so that the
 * long form (`xmin = 0`), the short form (`0`) and anything between are one grammar, with `!` for comments. A grid of
 * a single tier called something like "speaker" has the speakers as labels. Point tiers are passed over.
 */
export function parseTextGrid(text: string, options: ReadOptions = {}): TextAnnotation {
  const { file, tiers: wanted } = options;
  const uri = recordingName(options);
  const tokens = new Tokens(text, file);
  const type = tokens.string('the file type "ooTextFile"');
  if (!/^ooTextFile/.test(type)) throw tokens.error(`got the file type ${quote(type)} when "ooTextFile" was expected`);
  const kind = tokens.string('the object class "TextGrid"');
  if (kind !== 'TextGrid')
    throw tokens.error(`got a Praat object of class ${quote(kind)} when "TextGrid" was expected`);
  tokens.number('start');
  const duration = tokens.number('end');
  const numTiers = tokens.flag() === '<exists>' ? tokens.count('number of tiers') : 0;
  const tiers: { name: string; turns: { turn: TextTurn; at: Place }[] }[] = [];
  for (let t = 0; t < numTiers; t++) {
    const tierKind = tokens.string('a kind of tier');
    const name = tokens.string('the name of a tier');
    tokens.number('start of a tier');
    tokens.number('end of a tier');
    const size = tokens.count('number of intervals');
    const turns: { turn: TextTurn; at: Place }[] = [];
    if (tierKind !== 'IntervalTier' && tierKind !== 'TextTier') {
      throw tokens.error(`got a tier of kind ${quote(tierKind)} when "IntervalTier" or "TextTier" was expected`);
    }
    for (let i = 0; i < size; i++) {
      const start = tokens.number('start');
      const end = tierKind === 'IntervalTier' ? tokens.number('end') : start;
      const label = tokens.string('a label');
      turns.push({ turn: { start, end, speaker: name, ...textOf(label) }, at: tokens.place() });
    }
    if (tierKind === 'IntervalTier') tiers.push({ name, turns });
  }
  const read = wanted ? tiers.filter(({ name }) => wanted.includes(name)) : tiers;
  if (wanted && read.length === 0) {
    const names = tiers.map(({ name }) => name).join(', ') || 'none';
    throw new FormatError(`got the tiers ${names} when ${wanted.join(', ')} was to be read`, { file });
  }
  const labelsAreSpeakers = read.length === 1 && /^(speakers?|spk|diari[sz]ation|turns?|labels?)$/i.test(read[0].name);
  const gathering = new Gathering();
  gathering.open(uri);
  for (const { turn, at } of read.flatMap(({ turns }) => turns)) {
    if (!turn.text) continue;
    const speaker = labelsAreSpeakers ? turn.text : turn.speaker.trim() || UNKNOWN;
    gathering.add(uri, turn.start, turn.end, { speaker, ...(turn.text === speaker ? {} : { text: turn.text }) }, at);
  }
  return { ...gathering.annotations()[0], duration };
}

/** One recording as TextGrid; `short` leaves out the names of the fields. */
export function writeTextGrid(
  { turns, duration = 0 }: TextAnnotation,
  { short = false }: { readonly short?: boolean } = {},
): string {
  const xmin = turns.reduce((least, { start }) => Math.min(least, start), 0);
  const xmax = turns.reduce((most, { end }) => Math.max(most, end), duration) || 1; // Praat needs some length
  const tiers = lanes(turns);
  const out = ['File type = "ooTextFile"', 'Object class = "TextGrid"', ''];
  const put = (indent: number, name: string, value: string | number) => {
    out.push(short ? String(value) : `${'    '.repeat(indent)}${name} = ${value} `);
  };
  const head = (indent: number, line: string) => {
    if (!short) out.push(`${'    '.repeat(indent)}${line}`);
  };
  put(0, 'xmin', xmin);
  put(0, 'xmax', xmax);
  out.push(short ? '<exists>' : 'tiers? <exists> ');
  put(0, 'size', tiers.length);
  head(0, 'item []: ');
  tiers.forEach(({ speaker, turns: own }, t) => {
    const intervals = withSilence(own, xmin, xmax);
    head(1, `item [${t + 1}]:`);
    put(2, 'class', '"IntervalTier"');
    put(2, 'name', quoted(speaker));
    put(2, 'xmin', xmin);
    put(2, 'xmax', xmax);
    put(2, 'intervals: size', intervals.length);
    intervals.forEach(({ start, end, label }, i) => {
      head(2, `intervals [${i + 1}]:`);
      put(3, 'xmin', start);
      put(3, 'xmax', end);
      put(3, 'text', quoted(label));
    });
  });
  return `${out.join('\n')}\n`;
}

interface Interval {
  readonly start: number;
  readonly end: number;
  readonly label: string;
}

function withSilence(turns: readonly TextTurn[], xmin: number, xmax: number): Interval[] {
  const intervals: Interval[] = [];
  let now = xmin;
  for (const { start, end, speaker, text } of turns.toSorted(compareSegments)) {
    if (start > now) intervals.push({ start: now, end: start, label: '' });
    intervals.push({ start, end, label: text || speaker });
    now = end;
  }
  if (now < xmax) intervals.push({ start: now, end: xmax, label: '' });
  return intervals;
}

function quoted(text: string): string {
  return `"${text.replaceAll('"', '""')}"`;
}

/** The free-standing texts, numbers and flags of a Praat file, one after the other. */
class Tokens {
  private readonly text: string;
  private readonly file: string | undefined;
  private readonly pattern = /"[^"]*"(?:"[^"]*")*|!.*|\S+/g;
  private index = 0;
  private line = 1;

  constructor(text: string, file: string | undefined) {
    this.text = text;
    this.file = file;
  }

  string(what: string): string {
    const token = this.next(what, (found) => found.startsWith('"'));
    if (token.length < 2 || !token.endsWith('"')) throw this.error('got a quote that is never closed');
    return token.slice(1, -1).replaceAll('""', '"');
  }

  number(what: string): number {
    return Number.parseFloat(this.next(`the ${what}`, (found) => NUMBER.test(found)));
  }

  count(what: string): number {
    const count = this.number(what);
    if (!Number.isInteger(count) || count < 0) throw this.error(`got ${count} for the ${what}`);
    return count;
  }

  flag(): string {
    return this.next('<exists>', (found) => /^<.*>$/.test(found));
  }

  place(): Place {
    return { file: this.file, line: this.line };
  }

  error(reason: string): FormatError {
    return new FormatError(reason, this.place());
  }

  /** The next token that counts, if it is of the right kind. */
  private next(what: string, isRight: (token: string) => boolean): string {
    for (;;) {
      this.pattern.lastIndex = this.index;
      const match = this.pattern.exec(this.text);
      if (!match) throw this.error(`got the end of the file when ${what} was expected`);
      for (let i = this.index; i < match.index; i++) if (this.isBreak(i)) this.line++;
      this.index = this.pattern.lastIndex;
      const [token] = match;
      const started = this.line;
      for (let i = match.index; i < this.index; i++) if (this.isBreak(i)) this.line++;
      if (isRight(token)) return token;
      if (token.startsWith('"') || NUMBER.test(token) || /^<.*>$/.test(token)) {
        throw new FormatError(`got ${quote(token)} when ${what} was expected`, { file: this.file, line: started });
      }
    }
  }

  private isBreak(i: number): boolean {
    return this.text[i] === '\n' || (this.text[i] === '\r' && this.text[i + 1] !== '\n');
  }
}

const NUMBER = /^[+-]?\d+(?:\.\d*)?(?:e[+-]?\d+)?s?$/i;
