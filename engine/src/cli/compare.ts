import { basename } from 'node:path';
import { Command } from 'commander';
import { type Comparison, comparePage } from '../metrics/comparePage.ts';
import type { ScoringOptions } from '../metrics/evaluated.ts';
import { pairByName } from '../metrics/pairing.ts';
import { writeWhole } from '../node/writeWhole.ts';
import { expandGlob } from './inputs.ts';
import { collect, seconds } from './optionReaders.ts';
import { checkPageName, refuseInput } from './outputs.ts';
import { type Recording, readRecordings, readUems, refuseStdinTwice, uemOf } from './recordings.ts';

/**
 * `diarist compare a.rttm b.rttm --ref ref.rttm -o out.html`: a page that shows reference and hypotheses under each
 * other, and where each errs. Needs nothing but a browser, also without a network.
 */
interface CompareOptions {
  readonly ref: string;
  readonly output: string;
  readonly collar: number;
  readonly skipOverlap: boolean;
  readonly uem?: readonly string[];
  readonly title?: string;
}

export function compareCommand(): Command {
  return new Command('compare')
    .description('Draw hypotheses and their errors against a reference, as one HTML page')
    .argument('<hypotheses...>', 'files of speaker turns, or folders of them; usually two')
    .requiredOption('--ref <path>', 'the reference: a file or a folder')
    .requiredOption('-o, --output <file>', 'the page to write, - for standard output')
    .option('--collar <seconds>', 'leave out this much around reference boundaries, half on each side', seconds, 0)
    .option('--skip-overlap', 'leave out where reference turns overlap', false)
    .option('--uem <path>', 'score only these parts: a UEM file or a folder of them (repeatable)', collect)
    .option('--title <text>', 'the heading of the page')
    .addHelpText('after', '\nExample:\n  diarist compare before.rttm after.rttm --ref reference.rttm -o errors.html')
    .action((hypotheses: string[], options: CompareOptions) => compare(hypotheses, options));
}

/** Does what the command does. */
export async function compare(
  paths: readonly string[],
  options: Pick<CompareOptions, 'ref' | 'output'> & Partial<CompareOptions>,
): Promise<void> {
  const { ref, output, title, collar = 0, skipOverlap = false } = options;
  const hypotheses = paths.flatMap(expandGlob);
  refuseStdinTwice([ref, ...hypotheses, ...(options.uem ?? [])]);
  const references = await readRecordings(ref);
  if (references.length === 0) throw new RangeError(`Got no recordings in ${ref}.`);
  const uems = options.uem ? await readUems(options.uem) : undefined;
  const names = shortNames(hypotheses);
  const found: Map<Recording, Recording>[] = [];
  const files = [...(options.uem ?? []), ...references.map(({ file }) => file)];
  for (const [index, path] of hypotheses.entries()) {
    const recordings = await readRecordings(path);
    files.push(...recordings.map(({ file }) => file));
    const { pairs, lonelyReferences, lonelyHypotheses } = pairByName(references, recordings);
    found.push(new Map(pairs.map(({ reference, hypothesis }) => [reference, hypothesis])));
    tell(lonelyReferences, `not in ${names[index]}, shown as all missed`);
    tell(lonelyHypotheses, `of ${names[index]} not in the reference, left out`);
  }
  refuseInput([output], files);
  checkPageName(output);
  const comparisons = references.map((reference): Comparison => {
    const uem = uems && (uemOf(reference, uems) ?? []);
    const scoring: ScoringOptions = { collar, skipOverlap, ...(uem ? { uem } : {}) };
    return {
      uri: nameOf(reference),
      reference: reference.annotation,
      hypotheses: found.map((partner) => partner.get(reference)?.annotation ?? { turns: [] }),
      options: scoring,
    };
  });
  await writeWhole(output, comparePage(comparisons, names, title === undefined ? {} : { title }));
}

/** File names where they tell the hypotheses apart, whole paths where they don't. */
function shortNames(paths: readonly string[]): string[] {
  const names = paths.map((path) => basename(path));
  return new Set(names).size === names.length ? names : [...paths];
}

function tell(recordings: readonly Recording[], what: string): void {
  if (recordings.length === 0) return;
  process.stderr.write(`${recordings.length} ${what}: ${recordings.map(nameOf).join(', ')}\n`);
}

function nameOf({ uri, stem, file }: Recording): string {
  return uri ?? stem ?? file;
}
