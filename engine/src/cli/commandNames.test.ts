import { Command } from 'commander';
import { expect, test } from 'vitest';
import { refuseUnknownCommand } from './commandNames.ts';

function refused(...args: string[]): void {
  const program = new Command('diarist');
  program.command('diarize', { isDefault: true });
  program.command('score');
  const models = program.command('models');
  models.command('list', { isDefault: true });
  models.command('pull');
  refuseUnknownCommand(program, args);
}

test('help of a command that there is not, and the nearest that there is', () => {
  expect(() => refused('help', 'scor')).toThrow(
    "There is no command 'diarist scor': see diarist --help. Did you mean 'score'?",
  );
  expect(() => refused('help', 'nothing')).toThrow(/see diarist --help\.$/);
  expect(() => refused('models', 'help', 'pul')).toThrow("There is no command 'diarist models pul'");
});

test('a command below another that there is not', () => {
  expect(() => refused('models', 'lst')).toThrow(
    "There is no command 'diarist models lst': see diarist models --help. Did you mean 'list'?",
  );
});

test('commands that there are, options, and recordings of any name pass', () => {
  for (const args of [
    [],
    ['meeting.mp3'],
    ['help'],
    ['help', 'score'],
    ['help', '-h'],
    ['score', 'a.rttm', 'b.rttm'],
    ['models'],
    ['models', '--json'],
    ['models', 'pull', 'community-1'],
    ['models', 'help', 'pull'],
  ])
    expect(() => refused(...args), args.join(' ')).not.toThrow();
});
