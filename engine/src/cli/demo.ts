import { fileURLToPath } from 'node:url';
import { Command } from 'commander';
import { diarize, diarizeTo, review } from './diarize.ts';
import {
  addChannelsOption,
  addModelOptions,
  addResultOptions,
  addSpeakerOptions,
  type DiarizeFlags,
} from './diarizeFlags.ts';
import type { InputRecording } from './inputs.ts';
import { addNamingOptions } from './naming.ts';
import { planOutput } from './outputs.ts';

/**
 * `diarist demo`: the sample that comes with the package, for a first look. With recordings it is `diarist diarize`, so
 * that `npm start` and `npm start -- meeting.mp3` are one script.
 */
const SAMPLE = 'meeting.flac';
const NOTE = `This is the sample that comes with diarist, 60 s of a meeting heard by one microphone on the table
(AMI Meeting Corpus, AMI Consortium, CC BY 4.0). For a recording of your own: npx diarist meeting.mp3
`;

export function demoCommand(): Command {
  const command = new Command('demo')
    .description('Diarize the sample that comes with the package')
    .argument('[recording...]', 'recordings to take instead of the sample');
  addResultOptions(addModelOptions(addNamingOptions(addChannelsOption(addSpeakerOptions(command)))));
  return command
    .addHelpText('after', '\nExample:\n  diarist demo')
    .action((recordings: string[], flags: DiarizeFlags) =>
      recordings.length > 0 ? diarize(recordings, flags) : demo(flags),
    );
}

async function demo(flags: DiarizeFlags): Promise<void> {
  const path = fileURLToPath(new URL(`../../samples/${SAMPLE}`, import.meta.url));
  const sample: InputRecording = { label: 'the sample', uri: 'meeting', open: () => path };
  if (flags.review !== undefined) return review([sample], flags);
  const plan = planOutput([sample], flags, { terminal: true });
  await diarizeTo(plan, [sample], flags);
  if (plan.format === 'person') process.stdout.write(`\n${NOTE}`);
  else if (!flags.quiet) process.stderr.write(NOTE);
}
