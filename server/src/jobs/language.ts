/**
 * Recognisers name a language by its code (`en`) or in English (`english`, as OpenAI's verbose_json does); Gladia's clients
 * read codes. A name that is not known stays as it is.
 */
export function languageCode(name: string): string {
  const plain = simple(name);
  return CODES.get(plain) ?? name;
}

const simple = (name: string) => name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();

/** Every two-letter code by its English name, and the names of Whisper's list that differ. */
const CODES: ReadonlyMap<string, string> = new Map([
  ...twoLetterCodes(),
  ['cantonese', 'yue'],
  ['hawaiian', 'haw'],
  ['myanmar', 'my'],
  ['mandarin', 'zh'],
  ['nynorsk', 'nn'],
  ['tagalog', 'tl'],
  ['moldavian', 'ro'],
  ['castilian', 'es'],
  ['flemish', 'nl'],
  ['valencian', 'ca'],
]);

function twoLetterCodes(): [string, string][] {
  const names = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' });
  const letters = [...'abcdefghijklmnopqrstuvwxyz'];
  return letters.flatMap((a) =>
    letters.flatMap((b): [string, string][] => {
      const name = names.of(a + b);
      // Some codes are old names of others (`iw` of `he`): the one that stays itself counts.
      return name && new Intl.Locale(a + b).language === a + b ? [[simple(name), a + b]] : [];
    }),
  );
}
