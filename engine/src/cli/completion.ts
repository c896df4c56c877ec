import createCompletion from '@bomb.sh/tab/commander';
import type { Command } from 'commander';

/**
 * `diarist complete bash|zsh|fish|powershell` prints a script for that shell, and the script asks `diarist complete --
 * words…` at each Tab. Both are @bomb.sh/tab's; it reads the commands and their options from the program itself.
 */
export async function complete(args: readonly string[], program: Command): Promise<void> {
  // The default command's options can be typed without its name.
  const diarize = program.commands.find((command) => command.name() === 'diarize');
  for (const option of diarize?.options ?? []) program.addOption(option);
  createCompletion(program);
  await program.parseAsync(args, { from: 'user' });
}
