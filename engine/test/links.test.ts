import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const PARTS = ['', 'docs/**/', 'deploy/**/', 'training/**/', 'engine/{bench,models,samples}/**/', 'fixtures/**/'];
const pages = globSync(
  PARTS.map((part) => `${part}*.md`),
  { cwd: root, exclude: (path) => path.includes('node_modules') },
);
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8').replace(/^```.*?^```/gms, '');

/** The names that GitHub gives to a page's headings. */
function anchorsOf(page: string): Set<string> {
  const titles = [...textOf(page).matchAll(/^#+ (.*)$/gm)].map(([, title]) =>
    title.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1'),
  );
  return new Set(
    titles.map((title) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N}_ -]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

test('every link between the pages leads to a file, and to a heading that it has', () => {
  const dead: string[] = [];
  let count = 0;
  for (const page of pages) {
    for (const [, link] of textOf(page).matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^(https?|mailto):/.test(link)) continue;
      const [path, anchor] = link.split('#');
      const target = path === '' ? page : join(dirname(page), path);
      count++;
      const there = existsSync(join(root, target));
      if (!there || (anchor && target.endsWith('.md') && !anchorsOf(target).has(anchor))) dead.push(`${page}: ${link}`);
    }
  }
  expect(count).toBeGreaterThan(150);
  expect(dead).toEqual([]);
});

test('every page of docs/ that the code names is there', () => {
  const sources = globSync('{engine,server}/{src,bench,test}/**/*.ts', { cwd: root });
  const named = sources.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/(?<![\w/-])docs\/[\w/-]+\.md/g)].map(([page]) => ({
      file,
      page,
    })),
  );
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter(({ page }) => !existsSync(join(root, page)))).toEqual([]);
});
