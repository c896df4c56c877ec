import { Command } from 'commander';
import { refuseUnknownCommand } from './commandNames.ts';
import { reportError } from './errors.ts';
import { EXAMPLES, exitCodesHelp } from './help.ts';
import { interruption, interruptSignal } from './interrupts.ts';
import { VERSION } from './version.ts';

/** A command of the program. Only the one that is asked for is loaded, so that starting stays quick. */
interface Entry {
  readonly name: string;
  /** What `diarist --help` says of it. */
  readonly summary: string;
  readonly load: () => Promise<Command>;
}

// One line a command, in the order of `diarist --help`.
// biome-ignore format: a table
export const COMMANDS: readonly Entry[] = [
  { name: 'diarize', summary: 'who spoke when (the default)', load: async () => (await import('./diarize.ts')).diarizeCommand({ commands: NAMES }) },
  { name: 'demo', summary: 'the same for the sample that comes with the package', load: async () => (await import('./demo.ts')).demoCommand() },
  { name: 'airtime', summary: 'how much each speaker spoke', load: async () => (await import('./airtime.ts')).airtimeCommand() },
  { name: 'explain', summary: 'a page that shows every stage of a diarization', load: async () => (await import('./explain.ts')).explainCommand() },
  { name: 'vad', summary: 'when somebody talks', load: async () => (await import('./vad.ts')).vadCommand() },
  { name: 'overlap', summary: 'when two people or more talk at once', load: async () => (await import('./overlap.ts')).overlapCommand() },
  { name: 'changes', summary: 'when the people who talk change', load: async () => (await import('./changes.ts')).changesCommand() },
  { name: 'segment', summary: 'who is who within a few seconds, without knowing voices', load: async () => (await import('./segment.ts')).segmentCommand() },
  { name: 'embed', summary: 'voices as vectors: of a recording, of windows, or of turns', load: async () => (await import('./embed.ts')).embedCommand() },
  { name: 'verify', summary: 'whether the same person speaks in two recordings', load: async () => (await import('./verify.ts')).verifyCommand() },
  { name: 'trials', summary: 'how good verification is on a list of trials: EER, DCF, DET', load: async () => (await import('./trials.ts')).trialsCommand() },
  { name: 'channels', summary: 'which channels are distinct, copies, bleed or silent', load: async () => (await import('./channels.ts')).channelsCommand() },
  { name: 'convert', summary: 'from one format of results to another', load: async () => (await import('./convert.ts')).convertCommand() },
  { name: 'score', summary: 'how far results are from a reference: DER, JER and more', load: async () => (await import('./score.ts')).scoreCommand() },
  { name: 'compare', summary: 'a page that shows results and their errors side by side', load: async () => (await import('./compare.ts')).compareCommand() },
  { name: 'assign', summary: 'put speakers on the words of a transcript', load: async () => (await import('./assign.ts')).assignCommand() },
  { name: 'transcribe', summary: 'who said what: speech to text with speakers', load: async () => (await import('./transcribe.ts')).transcribeCommand() },
  { name: 'tune', summary: "the parameters that suit one's own labelled recordings", load: async () => (await import('./tune.ts')).tuneCommand() },
  { name: 'bench-der', summary: 'error rate and speed on a data set of the field', load: async () => (await import('./benchDer.ts')).benchDerCommand() },
  { name: 'serve', summary: 'the self-hosted service: an HTTP API, jobs, webhooks', load: async () => (await import('./service.ts')).serviceCommand('serve') },
  { name: 'work', summary: 'a worker for the queue of a service that runs elsewhere', load: async () => (await import('./service.ts')).serviceCommand('work') },
  { name: 'remote', summary: 'send recordings to a service, wait, fetch the results', load: async () => (await import('./service.ts')).serviceCommand('remote') },
  { name: 'shadow', summary: 'send the same recordings to two services and compare', load: async () => (await import('./service.ts')).serviceCommand('shadow') },
  { name: 'models', summary: 'list, fetch, check, remove, split and quantize models', load: loadModels },
];

/** These take their arguments as they are. */
const SERVICE: readonly string[] = ['serve', 'work', 'remote', 'shadow'];

const NAMES: readonly string[] = COMMANDS.map(({ name }) => name);

async function loadModels(): Promise<Command> {
  const [{ modelsCommand }, { modelsQuantizeCommand }, { modelsSplitCommand }] = await Promise.all([
    import('./models.ts'),
    import('./modelsQuantize.ts'),
    import('./modelsSplit.ts'),
  ]);
  const command = modelsCommand({
    get signal() {
      return interruptSignal();
    },
  });
  return command.addCommand(modelsSplitCommand()).addCommand(modelsQuantizeCommand());
}

/** Runs the program; sets the exit code. */
export async function main(args: readonly string[]): Promise<void> {
  handleStreams();
  try {
    if (args[0] === 'complete' && !['-h', '--help'].includes(args[1])) return await completion(args);
    if (args[0] === 'help' && SERVICE.includes(args[1])) return await main([args[1], '--help']);
    if (SERVICE.includes(args[0])) {
      process.exitCode = await (await import('./service.ts')).runService(args[0], args.slice(1));
      return;
    }
    const program = await programFor(args);
    program.addCommand(completeHelp(program));
    if (args.length === 0) return program.outputHelp();
    refuseUnknownCommand(program, args);
    await program.parseAsync(args, { from: 'user' });
    interruptionThrows();
  } catch (error) {
    process.exitCode = reportError(error);
  }
  // What was stopped may leave something open that would keep the program alive, such as standard input.
  if (interruption() !== undefined) process.exit();
}

/** A command that did not notice Ctrl-C, or noticed too late, has still been stopped. */
function interruptionThrows(): void {
  const stopped = interruption();
  if (stopped !== undefined) throw stopped;
}

/** The program with the one command that these arguments ask for, and of the others what help needs. */
async function programFor(args: readonly string[]): Promise<Command> {
  const wanted = args[0] === 'help' ? args[1] : args[0];
  const name = NAMES.includes(wanted) ? wanted : 'diarize';
  const program = emptyProgram();
  for (const entry of COMMANDS) {
    if (entry.name === name) adopt(program, await entry.load(), entry);
    else program.command(entry.name).summary(entry.summary).description(entry.summary);
  }
  return program;
}

/** What help knows of `complete`, which is run before there is a program. */
function completeHelp(program: Command): Command {
  return new Command('complete')
    .copyInheritedSettings(program)
    .summary('a script for completion: diarist complete bash|zsh|fish')
    .description('Print a script with which a shell completes commands, options and file names')
    .argument('<shell>', 'bash, zsh or fish')
    .addHelpText(
      'after',
      '\nExamples:\n  source <(diarist complete bash)   # in ~/.bashrc; zsh in the same way, in ~/.zshrc\n' +
        '  diarist complete fish | source    # in ~/.config/fish/config.fish',
    );
}

/** Completion asks about every command. */
async function completion(args: readonly string[]): Promise<void> {
  const [{ complete }, { writeWhole }] = await Promise.all([
    import('./completion.ts'),
    import('../node/writeWhole.ts'),
  ]);
  const program = emptyProgram();
  for (const entry of COMMANDS) adopt(program, await entry.load(), entry);
  await writeWhole('-', complete(args, program));
}

function emptyProgram(): Command {
  const program = new Command('diarist')
    .description('Who spoke when: speaker diarization, on this machine.')
    .version(VERSION, '-v, --version', 'print the version')
    .helpOption('-h, --help', 'print help; also of a command: diarist score --help')
    .usage('<recording...> [options]\n       diarist <command> …')
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(`diarist: ${oneLine(text)}\n`) })
    .addHelpText('after', EXAMPLES)
    .addHelpText('after', `\n${exitCodesHelp()}`);
  program.configureHelp({
    // `diarist --help` shows the options of the default command too.
    visibleOptions(command) {
      const own = Object.getPrototypeOf(this).visibleOptions.call(this, command);
      const diarize = command === program ? program.commands.find((one) => one.name() === 'diarize') : undefined;
      return diarize === undefined ? own : [...diarize.options, ...own];
    },
  });
  return program;
}

/** Adds a command, and to it and those under it what the program says about output and exits. */
function adopt(program: Command, command: Command, { name, summary }: Entry): void {
  command.summary(summary);
  inherit(command, program);
  program.addCommand(command, { isDefault: name === 'diarize' });
}

function inherit(command: Command, parent: Command): void {
  command.copyInheritedSettings(parent);
  for (const child of command.commands) inherit(child, command);
}

/** `error: unknown option '--modle'\n(Did you mean --model?)` as one sentence. */
function oneLine(text: string): string {
  return text
    .trim()
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ');
}

/** Whoever reads our output may stop (`| head`), which is no error; anything else that befalls it is told. */
function handleStreams(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    // A command that waits for its output has told by then.
    process.once('beforeExit', () => {
      process.exitCode ||= reportStdout(error);
    });
  });
  process.stderr.on('error', () => {}); // nobody is left to tell
  process.on('uncaughtException', (error) => {
    process.exit(reportError(error));
  });
}

function reportStdout({ code, message }: NodeJS.ErrnoException): number {
  process.stderr.write(`diarist: Can't write standard output: ${code === 'ENOSPC' ? 'the disk is full' : message}.\n`);
  return 10;
}
