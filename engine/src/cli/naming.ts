import { type Command, InvalidArgumentError } from 'commander';
import type { Diarization, Speaker } from '../core/diarization.ts';
import { labelDurations } from '../core/labels.ts';
import { renameLabels, unknownLabel } from '../core/rename.ts';
import type { Seconds } from '../core/segment.ts';
import type { DiarizerOptions } from '../node/diarizer.ts';
import type { Voiceprints } from '../node/voiceprints.ts';
import { joinTurns } from './joinTurns.ts';

/** Names for speakers: from voices that are known (`--voiceprints`), then as they are given (`--names`). */
export interface NamingFlags {
  readonly names?: ReadonlyMap<string, string>;
  readonly voiceprints?: string;
  readonly voiceThreshold?: number;
}

export interface Naming {
  namesOf(speakers: Diarization['speakers']): NamesFound;
}

export interface NamesFound {
  /** The labels that get other names. */
  readonly names: ReadonlyMap<string, string>;
  /** What to end with where a name was given for a label that nobody has, once the result is written. */
  readonly misfit: RangeError | undefined;
}

export function addNamingOptions(command: Command): Command {
  return command
    .optionsGroup('Names:')
    .option('--names <label=name>', 'other names for speakers: SPEAKER_00=Ada', collectNames)
    .option('--voiceprints <path>', 'voices that are known: a folder with Ada.wav, Ben.wav, or JSON of `diarist embed`')
    .option('--voice-threshold <cosine>', 'how alike a voice must be to get a name (default: calibrated)', cosine);
}

/** Reads the voices before anything long begins. */
export async function namingOf(
  { names = new Map(), voiceprints: path, voiceThreshold }: NamingFlags,
  model: DiarizerOptions,
  signal: AbortSignal,
): Promise<Naming> {
  let known: Voiceprints | undefined;
  if (path !== undefined) {
    const { readVoiceprints } = await import('../node/voiceprints.ts');
    const { segmentation: _, ...choice } = model;
    known = await readVoiceprints(path, { ...choice, signal });
  }
  const { identifySpeakers } = await import('../voiceprint/identify.ts');
  return {
    namesOf(speakers) {
      const found = new Map<string, string>();
      if (known !== undefined) {
        const threshold = voiceThreshold ?? known.threshold;
        for (const { label, name } of identifySpeakers(speakers, known.voiceprints, { threshold }))
          found.set(label, name);
      }
      const given = namesGiven(
        names,
        speakers.map(({ label }) => label),
      );
      return { names: new Map([...found, ...given.names]), misfit: given.misfit };
    },
  };
}

/** Of the names given with `--names` those for labels that somebody has. */
export function namesGiven(names: ReadonlyMap<string, string>, labels: readonly string[]): NamesFound {
  const stranger = [...names.keys()].find((label) => !labels.includes(label));
  return {
    names: new Map([...names].filter(([label]) => labels.includes(label))),
    misfit: stranger === undefined ? undefined : unknownLabel(stranger, labels),
  };
}

/** The same diarization with other labels; two that get one name are one speaker. */
export function renamed<T extends Diarization>(result: T, names: ReadonlyMap<string, string>): T {
  if (names.size === 0) return result;
  const turns = (list: Diarization['turns']) => renameLabels({ turns: list }, names).turns;
  const all = joinTurns(turns(result.turns), labelsOfSeveral(result, names));
  const seconds = labelDurations({ turns: all });
  const speakers = new Map<string, Speaker>();
  for (const speaker of result.speakers) {
    const label = names.get(speaker.label) ?? speaker.label;
    const before = speakers.get(label);
    const one = { ...speaker, label };
    speakers.set(label, before ? together(before, one, seconds.get(label) ?? 0) : one);
  }
  return {
    ...result,
    turns: all,
    exclusiveTurns: turns(result.exclusiveTurns),
    speakers: [...speakers.values()],
  };
}

function labelsOfSeveral({ speakers }: Diarization, names: ReadonlyMap<string, string>): ReadonlySet<string> {
  const labels = speakers.map(({ label }) => names.get(label) ?? label);
  return new Set(labels.filter((label, i) => labels.indexOf(label) !== i));
}

/** Where both talk at once, the one that they are talks once. */
function together(a: Speaker, b: Speaker, speechDuration: Seconds): Speaker {
  const [first, second] = [a.confidence, b.confidence];
  const both = a.speechDuration + b.speechDuration;
  if (first === undefined || second === undefined || both === 0) return { ...a, speechDuration };
  return { ...a, speechDuration, confidence: (first * a.speechDuration + second * b.speechDuration) / both };
}

export function collectNames(
  value: string,
  before: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const names = new Map(before);
  // commander gives one at a time; a comma may part several, too
  for (const pair of value.split(',')) {
    const [, label, name] = /^\s*([^=]+?)\s*=\s*(.*?)\s*$/.exec(pair) ?? [];
    if (!label || !name) throw new InvalidArgumentError(`Got '${pair}' when a pair like SPEAKER_00=Ada was expected.`);
    names.set(label, name);
  }
  return names;
}

function cosine(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !(number >= -1 && number <= 1))
    throw new InvalidArgumentError('Expected a number from -1 to 1.');
  return number;
}
