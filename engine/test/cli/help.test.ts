import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { diarizeCommand } from '../../src/cli/diarize.ts';
import { COMMANDS } from '../../src/cli/main.ts';
import { run } from './runCli.ts';

const docs = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');

test('the docs name every command as the program does', () => {
  for (const { name, summary } of COMMANDS) expect(docs).toContain(`| \`${name}\` | ${summary} |`);
});

test('the docs name every option of diarize', () => {
  for (const { long } of diarizeCommand().options) expect(docs).toMatch(new RegExp(`\`${long}[\` ]`));
});

test('every command has help with an example, and none needs more than itself to load', async () => {
  for (const { name, load } of COMMANDS) {
    const command = await load();
    expect(command.name()).toBe(name);
    for (const one of [command, ...command.commands]) {
      let help = '';
      one.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
      expect(help).toMatch(/Examples?:\n\s+.*diarist /);
    }
  }
});

test('the version is that of the package, help goes to standard output, without arguments too', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  expect(await run(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' });
  const bare = await run([]);
  expect(bare).toMatchObject({ code: 0, stderr: '' });
  for (const text of ['Usage: diarist <recording...>', '--num-speakers', 'Examples:', 'Exit codes:', 'models'])
    expect(bare.stdout).toContain(text);
  expect((await run(['help', 'score'])).stdout).toBe((await run(['score', '--help'])).stdout);
});

test('a command that there is not is named, with the nearest', async () => {
  for (const [args, said] of [
    [['help', 'scor'], "There is no command 'diarist scor': see diarist --help. Did you mean 'score'?"],
    [['models', 'pul'], "There is no command 'diarist models pul': see diarist models --help. Did you mean 'pull'?"],
  ] as const)
    expect(await run(args)).toMatchObject({ code: 2, stdout: '', stderr: `diarist: ${said}\n` });
  for (const help of [
    ['complete', '--help'],
    ['help', 'complete'],
  ])
    expect(await run(help)).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining('Examples:') });
  expect((await run(['help', 'work'])).stdout).toBe((await run(['work', '--help'])).stdout);
  expect(await run(['models', 'help', 'split'])).toMatchObject({ code: 0, stderr: '' });
});
