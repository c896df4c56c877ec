import type { Command } from 'commander';
import { didYouMean } from '../core/nearest.ts';

/**
 * Names of commands that there are not, told before commander sees them: of `help nope` it would print the whole help
 * and no word, and `models nope` it takes for an argument of `models list`. Whatever else comes first may be a recording.
 */
export function refuseUnknownCommand(program: Command, [first, ...rest]: readonly string[]): void {
  const command = program.commands.find((one) => one.name() === first);
  if (first === 'help') refuseUnknown(program, rest[0]);
  else if (command !== undefined && command.commands.length > 0)
    refuseUnknown(command, rest[0] === 'help' ? rest[1] : rest[0]);
}

function refuseUnknown(parent: Command, name: string | undefined): void {
  const names = parent.commands.map((one) => one.name());
  if (name === undefined || name.startsWith('-') || name === 'help' || names.includes(name)) return;
  const above = parent.parent ? `${parent.parent.name()} ${parent.name()}` : parent.name();
  throw new RangeError(`There is no command '${above} ${name}': see ${above} --help.${didYouMean(name, names)}`);
}
