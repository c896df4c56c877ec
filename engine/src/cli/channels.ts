import { Command } from 'commander';
import { analyzeChannels, type ChannelAnalysis } from '../channels/analysis.ts';
import { chooseMethod } from '../channels/choose.ts';
import { openChannels } from '../node/decode/openAudio.ts';

/** `diarist channels call.wav`: what the channels of a recording hold, and how it would be diarized. */
export interface ChannelsContext {
  readonly out?: (text: string) => void;
  readonly signal?: AbortSignal;
}

export function channelsCommand({ out = (text) => process.stdout.write(text), signal }: ChannelsContext = {}): Command {
  return new Command('channels')
    .description('Tell which channels of a recording are distinct, copies, bleed or silent')
    .argument('<recording>', 'a file or URL with 1 to 64 channels')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  diarist channels call.wav')
    .action(async (recording: string, { json = false }: { json?: boolean }) => {
      const stream = await openChannels(recording, { sampleRate: 8000, signal });
      const analysis = await analyzeChannels(stream, { signal }).finally(() => stream.close?.());
      const { method, reason } = chooseMethod(analysis);
      if (!json) for (const warning of analysis.warnings) process.stderr.write(`warning: ${warning}\n`);
      out(
        json ? `${JSON.stringify({ ...analysis, method, reason }, undefined, 2)}\n` : report(analysis, method, reason),
      );
    });
}

function report(
  { channels, distinctChannels, verdicts, pairs }: ChannelAnalysis,
  method: string,
  reason: string,
): string {
  const lines = [
    `${channels} channel${channels === 1 ? '' : 's'}, ${distinctChannels} distinct. Method: ${method}, because ${reason}.`,
  ];
  for (const { channel, verdict, of, levelDb, speech } of verdicts) {
    const what = of === undefined ? verdict : `${verdict} of ${of}`;
    lines.push(
      `${String(channel).padStart(3)}  ${what.padEnd(16)} ${levelDb.toFixed(1).padStart(6)} dBFS  ${speech.toFixed(1).padStart(8)} s active`,
    );
  }
  for (const { a, b, relation, gainDb, delay, similarity, inverted } of pairs) {
    const parts = [`${gainDb} dB`, `${(delay * 1000).toFixed(1)} ms`, `similarity ${similarity.toFixed(3)}`];
    lines.push(`     ${a} and ${b}: ${relation} (${parts.join(', ')}${inverted ? ', inverted' : ''})`);
  }
  return `${lines.join('\n')}\n`;
}
