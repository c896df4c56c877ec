import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { fixturePath } from './fixtures.ts';

/**
 * The examples of a page of docs/, run. A ```console block is a command and what it prints; `…` as the last line stands
 * for more. A ```js block prints what its `// → ` comments say. A ```text block with a name is a file. With
 * DIARIST_UPDATE_DOCS=1 the page gets what came out: for a new model, and for a look at the difference.
 */
export interface Example {
  readonly kind: 'console' | 'js';
  readonly body: string;
  readonly expected: string;
  readonly found: string;
}

const SAMPLE = fileURLToPath(new URL('../../samples/meeting.flac', import.meta.url));
const BLOCK = /```(console|js|text)([^\n]*)\n([\s\S]*?)```/g;

export async function runPage(name: string, commands: Readonly<Record<string, () => Command>>): Promise<Example[]> {
  const path = fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url));
  const page = readFileSync(path, 'utf8');
  const folder = mkdtempSync(join(tmpdir(), 'diarist-docs-'));
  copyFileSync(SAMPLE, join(folder, 'meeting.flac'));
  for (const recording of ['dev00', 'trn05', 'clip3s'])
    copyFileSync(fixturePath(`parity/audio/${recording}.wav`), join(folder, `${recording}.wav`));
  const examples: Example[] = [];
  let updated = page;
  try {
    for (const [whole, kind, rest, body] of page.matchAll(BLOCK)) {
      if (kind === 'text') {
        if (rest.trim() !== '') writeFileSync(join(folder, rest.trim()), body);
        continue;
      }
      const example = kind === 'console' ? await runConsole(body, folder, commands) : await runJs(body, folder);
      examples.push(example);
      if (example.kind === 'console')
        updated = updated.replace(whole, () => `\`\`\`console\n${rewritten(example)}\`\`\``);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  if (process.env.DIARIST_UPDATE_DOCS) writeFileSync(path, updated);
  return examples;
}

async function runConsole(
  body: string,
  folder: string,
  commands: Readonly<Record<string, () => Command>>,
): Promise<Example> {
  const [first, ...lines] = body.trimEnd().split('\n');
  const [, name, ...args] = first.replace(/^\$ /, '').split(/\s+/);
  const written: string[] = [];
  const write = process.stdout.write;
  process.stdout.write = ((text: string, done?: () => void) => {
    written.push(String(text));
    done?.();
    return true;
  }) as typeof process.stdout.write;
  try {
    const placed = args.map((arg) =>
      /^[\w-]+\.(flac|wav|rttm|npy|json|svg|txt|lab)$/.test(arg) ? join(folder, arg) : arg,
    );
    await commands[name]()
      .exitOverride()
      .parseAsync([...placed, '--quiet'], { from: 'user' });
  } finally {
    process.stdout.write = write;
  }
  const found = written.join('').replaceAll(`${folder}/`, '').trimEnd();
  return { kind: 'console', body: first, expected: lines.join('\n'), found };
}

async function runJs(body: string, folder: string): Promise<Example> {
  const [, names] = /import \{([^}]*)\} from 'diarist';/.exec(body) ?? [];
  if (names === undefined) throw new Error(`An example imports nothing from 'diarist':\n${body}`);
  const library = (await import('../../src/node/index.ts')) as Record<string, unknown>;
  const wanted = names
    .split(',')
    .map((one) => one.trim())
    .filter(Boolean);
  for (const one of wanted) if (!(one in library)) throw new Error(`'diarist' has no ${one}.`);
  const code = body
    .replace(/import \{[^}]*\} from 'diarist';/, '')
    .replace(/'([\w-]+\.(?:flac|wav))'/g, (_, file: string) => JSON.stringify(join(folder, file)));
  const printed: string[] = [];
  const AsyncFunction = (async () => {}).constructor as new (
    ...parts: string[]
  ) => (...values: unknown[]) => Promise<void>;
  const console = { log: (...values: unknown[]) => printed.push(values.map(String).join(' ')) };
  await new AsyncFunction('console', ...wanted, code)(console, ...wanted.map((one) => library[one]));
  const expected = [...body.matchAll(/\/\/ → (.*)$/gm)].map(([, line]) => line);
  return { kind: 'js', body, expected: expected.join('\n'), found: printed.join('\n') };
}

/** As many lines as the page showed, six of a new example; long ones are cut. */
function rewritten({ body, expected, found }: Example): string {
  const lines = found.split('\n');
  const shown = expected.split('\n');
  const most = expected === '…' ? 6 : shown.at(-1) === '…' ? shown.length - 1 : lines.length;
  const kept = lines.slice(0, most).map((line) => (line.length > 118 ? `${/^.{0,110}(?=[ ,])/.exec(line)}…` : line));
  return `${[body, ...kept, ...(lines.length > most ? ['…'] : [])].join('\n')}\n`;
}

/** What was found, as far as the page shows it: the same lines, cut where they are cut there. */
export function asShown({ expected, found }: Example): readonly (readonly [found: string, expected: string])[] {
  const shown = expected.split('\n');
  const lines = found.split('\n');
  const cut = shown.at(-1) === '…';
  const kept = cut ? shown.slice(0, -1) : shown;
  if (!cut && lines.length !== kept.length) return [[found, expected]];
  return kept.map((line, i) => [line.endsWith('…') ? pieces(lines[i], line) : (lines[i] ?? ''), line]);
}

/** As many words and numbers of a line as the cut one has. */
function pieces(line = '', cut: string): string {
  const count = cut.split(/[ ,]/).length;
  return `${line
    .split(/(?=[ ,])/)
    .slice(0, count)
    .join('')}…`;
}
