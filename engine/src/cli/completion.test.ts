import { Command, Option } from 'commander';
import { expect, test } from 'vitest';
import { candidatesFor, complete } from './completion.ts';

const program = new Command('diarist');
program
  .command('diarize')
  .argument('<recording...>')
  .addOption(new Option('-d, --device <name>').choices(['cpu', 'cuda']))
  .option('--model <name>')
  .option('--fast');
const models = program.command('models');
models.command('list').option('--json');
models.command('pull').argument('<name...>');

function words(...typed: string[]): { words: string[]; files: boolean } {
  const { candidates, files } = candidatesFor(typed, program);
  return { words: candidates.map(({ word }) => word), files };
}

test('the first word is a command or a file', () => {
  expect(words('')).toEqual({ words: ['diarize', 'models'], files: true });
  expect(words('mo')).toEqual({ words: ['models'], files: true });
  expect(words('a.wav', 'mo')).toEqual({ words: [], files: true });
});

test('options are those of the command, of diarize where none is named', () => {
  expect(words('--')).toEqual({ words: ['--device', '--model', '--fast', '--help'], files: false });
  expect(words('a.wav', '--f').words).toEqual(['--fast']);
  expect(words('models', 'list', '--j').words).toEqual(['--json']);
});

test('an option that takes a value gets its choices, or files', () => {
  expect(words('--device', 'cu')).toEqual({ words: ['cuda'], files: false });
  expect(words('-d', '')).toEqual({ words: ['cpu', 'cuda'], files: false });
  expect(words('--model', '')).toEqual({ words: [], files: true });
});

test('commands have commands', () => {
  expect(words('models', '').words).toEqual(['list', 'pull']);
  expect(words('models', 'pull', '')).toEqual({ words: [], files: true });
});

test('scripts are for the shells there are', () => {
  for (const shell of ['bash', 'zsh', 'fish'])
    expect(complete(['complete', shell], program)).toContain('diarist complete --');
  expect(() => complete(['complete', 'tcsh'], program)).toThrow("Got 'tcsh' when one of bash, zsh, fish was expected");
  expect(complete(['complete', '--', 'dia'], program)).toBe('diarize\t\n<files>\n');
});
