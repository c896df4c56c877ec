import { statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { formatByFile } from 'diarist/formats';
import { type ExportFormat, exportFormats } from '../contract/jobs.ts';
import { createClient, type DiaristClient, RemoteError } from './client.ts';
import { wholeNumber } from './flags.ts';
import type { Job } from './operations.ts';

/** `diarist remote …`: the work is done by a server, the result lands here. */
export const REMOTE_HELP = `Usage: diarist remote [--url http://127.0.0.1:8080] [--key KEY] COMMAND
  diarize FILE|URL …   upload, wait with progress, print or save the result
      -o FILE          where to, or a folder/ (for several always); otherwise the terminal
      --format rttm    what FILE's name says, otherwise rttm; one of
                       ${exportFormats.join(', ')}
      --speakers N     --min-speakers N  --max-speakers N  --exclusive  --webhook URL
      --transcription  with words, where the server has a recogniser; --language en
      --channel auto   mix, auto, separate or a number
      --no-wait        print the job's id and leave
  get JOB              the job as JSON          wait JOB    until it ends
  cancel JOB           or erase what came out   list        the newest jobs
The address and the key may also be in DIARIST_URL and DIARIST_API_KEY.

Example:
  diarist remote --url http://127.0.0.1:8080 --key dk_… diarize meeting.mp3 -o meeting.srt`;

const OPTIONS = {
  url: { type: 'string' },
  key: { type: 'string' },
  format: { type: 'string' },
  output: { type: 'string', short: 'o' },
  speakers: { type: 'string' },
  'min-speakers': { type: 'string' },
  'max-speakers': { type: 'string' },
  exclusive: { type: 'boolean', default: false },
  webhook: { type: 'string' },
  transcription: { type: 'boolean', default: false },
  language: { type: 'string' },
  channel: { type: 'string' },
  'no-wait': { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

export async function runRemote(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<number> {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
    const [command, ...rest] = positionals;
    if (values.help || command === undefined) {
      process.stdout.write(`${REMOTE_HELP}\n`);
      return values.help ? 0 : 2;
    }
    const key = values.key ?? env['DIARIST_API_KEY'];
    if (!key) throw new TypeError('An API key is needed: give --key KEY or set DIARIST_API_KEY.');
    const client = createClient({ url: values.url ?? env['DIARIST_URL'] ?? 'http://127.0.0.1:8080', key });
    if (command === 'diarize') return await diarize(client, rest, values);
    if (command === 'list') return print(await client.call('listJobs', { query: { limit: 20 } }));
    const [jobId] = rest;
    if (!jobId) throw new TypeError(`diarist remote ${command} takes a job's id.`);
    if (command === 'get') return print(await client.call('getJob', { params: { jobId } }));
    if (command === 'wait') return print(await client.wait(jobId, { onProgress: bar(jobId) }));
    if (command === 'cancel') return print(await client.call('cancelOrEraseJob', { params: { jobId } }));
    throw new TypeError(`There is no command ${command}.\n${REMOTE_HELP}`);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof TypeError ? 2 : error instanceof RemoteError && error.status < 500 ? 3 : 1;
  }
}

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

async function diarize(client: DiaristClient, inputs: readonly string[], values: Values): Promise<number> {
  if (inputs.length === 0) throw new TypeError('diarist remote diarize takes files or URLs.');
  const format = formatOf(values, inputs.length);
  const counts = {
    numSpeakers: wholeNumber('speakers', values.speakers),
    minSpeakers: wholeNumber('min-speakers', values['min-speakers']),
    maxSpeakers: wholeNumber('max-speakers', values['max-speakers']),
  };
  const target = await targets(inputs, values.output, format);
  let failed = 0;
  for (const input of inputs) {
    const url = /^(https?|media):\/\//.test(input)
      ? input
      : await client.upload(input, { onProgress: uploadBar(basename(input)) });
    const created = await client.call('diarize', {
      body: {
        url,
        ...counts,
        exclusive: values.exclusive ?? false,
        webhook: values.webhook,
        transcription: values.transcription ?? false,
        ...(values.language === undefined ? {} : { transcriptionConfig: { language: values.language } }),
        ...(values.channel === undefined ? {} : { channel: channelOf(values.channel) }),
      },
    });
    const { jobId } = created;
    if (created.warning) process.stderr.write(`${created.warning}\n`);
    if (values['no-wait']) {
      process.stdout.write(`${jobId}\n`);
      continue;
    }
    const job = await client.wait(jobId, { onProgress: bar(basename(input)) });
    if (job.status !== 'succeeded') {
      process.stderr.write(
        `${input}: ${job.status}${job.output && 'error' in job.output ? `: ${job.output.error}` : ''}\n`,
      );
      failed++;
      continue;
    }
    const text = await client.call('exportJob', {
      params: { jobId },
      query: { format, exclusive: values.exclusive ?? false },
    });
    const shown = typeof text === 'string' ? text : `${JSON.stringify(text, null, 2)}\n`;
    const file = target.get(input);
    if (file === undefined) process.stdout.write(shown);
    else await writeFile(file, shown);
  }
  return failed > 0 ? 1 : 0;
}

/** What --format says, or else the name of the one file that is written. */
function formatOf({ format, output }: Values, numInputs: number): ExportFormat {
  const known = (name: string | undefined) => exportFormats.find((one) => one === name);
  if (format !== undefined) {
    const found = known(format);
    if (found) return found;
    throw new TypeError(`Got --format ${format} when one of ${exportFormats.join(', ')} was expected.`);
  }
  if (output === undefined || numInputs > 1 || isFolder(output) || extname(output) === '') return 'rttm';
  const found = known(formatByFile(output)?.name);
  if (found) return found;
  throw new TypeError(`Can't tell the format from '${output}': say --format with one of ${exportFormats.join(', ')}.`);
}

/** One that is there, or is written as one. */
function isFolder(path: string): boolean {
  return /[/\\]$/.test(path) || statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** The file of each input, one of several in a folder; none where the result goes to the terminal. */
async function targets(
  inputs: readonly string[],
  output: string | undefined,
  format: string,
): Promise<ReadonlyMap<string, string>> {
  if (output === undefined) return new Map();
  if (inputs.length === 1 && !isFolder(output)) return new Map([[inputs[0], output]]);
  const inputOf = new Map<string, string>();
  for (const input of inputs) {
    const file = join(output, `${basename(input)}.${format}`);
    const before = inputOf.get(file);
    if (before !== undefined)
      throw new TypeError(`Both ${before} and ${input} would be written to ${file}: give them folders of their own.`);
    inputOf.set(file, input);
  }
  await mkdir(output, { recursive: true });
  return new Map([...inputOf].map(([file, input]) => [input, file]));
}

function channelOf(text: string): 'mix' | 'auto' | 'separate' | number {
  if (text === 'mix' || text === 'auto' || text === 'separate') return text;
  if (/^\d{1,2}$/.test(text)) return Number(text);
  throw new TypeError(`Got --channel ${text} when mix, auto, separate or a number was expected.`);
}

/** Progress on the terminal's error stream; nothing where that is a file. */
function bar(name: string): (job: Job) => void {
  let last = '';
  return (job) => {
    if (!process.stderr.isTTY) return;
    const share = Math.round((job.progress ?? 0) * 100);
    const line = `${name}  ${job.status}  ${job.stage ?? ''}  ${job.queuePosition ? `${job.queuePosition} before it` : `${share} %`}`;
    if (line !== last) process.stderr.write(`\r\u001b[K${line}`);
    last = line;
    if (job.output || job.status === 'canceled') process.stderr.write('\r\u001b[K');
  };
}

function uploadBar(name: string): (done: number, total: number) => void {
  return (done, total) => {
    if (process.stderr.isTTY)
      process.stderr.write(`\r\u001b[K${name}  uploading  ${Math.round((100 * done) / total)} %`);
  };
}

function print(value: unknown): number {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  return 0;
}
