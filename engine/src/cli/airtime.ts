import { Command } from 'commander';
import { type Airtime, airtime } from '../core/airtime.ts';
import { annotation } from '../core/annotation.ts';
import { drawAirtime } from '../draw/terminalAirtime.ts';
import { formatByFile, type TextAnnotation } from '../formats/index.ts';
import { writeWhole } from '../node/writeWhole.ts';
import { coloursFor, speakerPaint } from './colours.ts';
import { diarizeRecordings } from './diarize.ts';
import { addChannelsOption, addModelOptions, addSpeakerOptions, type DiarizeFlags } from './diarizeFlags.ts';
import { expandInputs } from './inputs.ts';
import { addNamingOptions } from './naming.ts';
import { readRecordings } from './recordings.ts';

/** `diarist airtime meeting.mp3` or `diarist airtime meeting.rttm`: how much each speaker spoke. */
export function airtimeCommand(): Command {
  const command = new Command('airtime')
    .description('How much each speaker spoke, and how much was overlap or silence')
    .argument('<input...>', 'recordings, or results in RTTM or another format that is read; - for RTTM from a pipe')
    .option('--json', 'print JSON')
    .option('-q, --quiet', 'no progress and no warnings on standard error');
  addModelOptions(addNamingOptions(addChannelsOption(addSpeakerOptions(command))));
  return command
    .addHelpText(
      'after',
      '\nExamples:\n  diarist airtime meeting.rttm\n  diarist airtime meeting.mp3 --num-speakers 3 --json',
    )
    .action(run);
}

async function run(paths: string[], flags: DiarizeFlags): Promise<void> {
  const colours = coloursFor(process.stdout);
  const width = Math.min(process.stdout.columns ?? 80, 160);
  const shared: (Airtime & { uri: string })[] = [];
  const failed = await eachAnnotation(paths, flags, async ({ uri = '', turns, duration }) => {
    const table = airtime(annotation(turns), { duration });
    shared.push({ uri, ...table });
    if (flags.json) return;
    const heading = `${shared.length > 1 ? '\n' : ''}${colours.bold(uri)}\n`;
    await writeWhole('-', `${heading}${drawAirtime(table, { width, paint: speakerPaint(colours) })}\n`);
  });
  const document = shared.length === 1 && paths.length === 1 ? shared[0] : shared;
  if (flags.json && shared.length > 0) await writeWhole('-', `${JSON.stringify(document, undefined, 2)}\n`);
  if (failed !== undefined) throw failed;
}

/** Results are read, recordings are diarized. The error about recordings that failed comes back. */
async function eachAnnotation(
  paths: readonly string[],
  flags: DiarizeFlags,
  use: (found: TextAnnotation) => Promise<void>,
): Promise<Error | undefined> {
  const isResult = (path: string) => path === '-' || formatByFile(path)?.parse !== undefined;
  for (const path of paths.filter(isResult)) {
    for (const { uri, stem, annotation: found } of await readRecordings(path))
      await use({ ...found, uri: uri ?? stem });
  }
  const recordings = paths.filter((path) => !isResult(path));
  return recordings.length === 0 ? undefined : diarizeRecordings(expandInputs(recordings), flags, use);
}
