import type { Command, Option } from 'commander';

/**
 * Shell completion. `diarist complete bash|zsh|fish` prints a script for that shell; at each Tab the script asks
 * `diarist complete -- words…`, the last word being the one that is typed, and gets a candidate a line, its description
 * behind a tab, and the line {@link FILES} where file names fit as well. Everything is read from the commands themselves.
 */
export function complete(args: readonly string[], program: Command): string {
  const [, first, ...words] = args;
  if (first === '--') {
    const { candidates, files } = candidatesFor(words, program);
    return [...candidates.map(({ word, about }) => `${word}\t${about}`), ...(files ? [FILES] : [])]
      .map((line) => `${line}\n`)
      .join('');
  }
  const script = Object.hasOwn(SCRIPTS, first ?? '') ? SCRIPTS[first as keyof typeof SCRIPTS] : undefined;
  if (script !== undefined) return script;
  throw new RangeError(
    `Got ${first === undefined ? 'no shell' : `'${first}'`} when one of ${Object.keys(SCRIPTS).join(', ')} was expected, as in diarist complete bash.`,
  );
}

export interface Candidate {
  readonly word: string;
  readonly about: string;
}

export interface Candidates {
  readonly candidates: readonly Candidate[];
  readonly files: boolean;
}

/** What the last of these words can be. */
export function candidatesFor(words: readonly string[], program: Command): Candidates {
  const typed = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  let command = program;
  for (const word of before) {
    const below = command.commands.find((one) => one.name() === word);
    if (below === undefined) break;
    command = below;
  }
  const isRoot = command === program;
  const options = isRoot ? [...defaultCommand(program).options, ...program.options] : command.options;
  const starting = (candidates: readonly Candidate[]) => candidates.filter(({ word }) => word.startsWith(typed));

  const previous = before.at(-1);
  const open = options.find(
    (option) => previous !== undefined && takesValue(option) && [option.long, option.short].includes(previous),
  );
  if (open !== undefined) {
    const choices = (open.argChoices ?? []).map((word) => ({ word, about: '' }));
    return { candidates: starting(choices), files: open.argChoices === undefined };
  }
  if (typed.startsWith('-')) {
    const named = options.filter(({ hidden, long }) => !hidden && long !== undefined);
    const help = { word: '--help', about: 'print help' };
    return {
      candidates: starting([...named.map(({ long, description }) => ({ word: long!, about: description })), help]),
      files: false,
    };
  }
  const isFirst = isRoot ? before.length === 0 : command.commands.length > 0 && before.at(-1) === command.name();
  const names = isFirst ? command.commands.map((one) => ({ word: one.name(), about: one.summary() })) : [];
  return { candidates: starting(names), files: isRoot || command.registeredArguments.length > 0 };
}

function takesValue({ required, optional }: Option): boolean {
  return required || optional;
}

/** The one whose options can be typed without its name. */
function defaultCommand(program: Command): Command {
  return program.commands.find((command) => command.name() === 'diarize') ?? program;
}

const FILES = '<files>';

const SCRIPTS = {
  bash: `# diarist completion for bash: source <(diarist complete bash)
_diarist() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" line
  COMPREPLY=()
  while IFS= read -r line; do
    if [ "$line" = '${FILES}' ]; then
      while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$cur")
    else
      COMPREPLY+=("\${line%%$'\\t'*}")
    fi
  done < <(diarist complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o filenames -F _diarist diarist
`,
  zsh: `#compdef diarist
# diarist completion for zsh: source <(diarist complete zsh)
_diarist() {
  local -a candidates
  local line files=
  for line in "\${(@f)$(diarist complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ "$line" == '${FILES}' ]]; then files=1
    elif [[ -n "$line" ]]; then candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}"); fi
  done
  (( \${#candidates} )) && _describe -t candidates diarist candidates
  [[ -n "$files" ]] && _files
}
compdef _diarist diarist
`,
  fish: `# diarist completion for fish: diarist complete fish | source
function __diarist_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in (diarist complete -- $words[2..-1] 2>/dev/null)
    if test "$line" = '${FILES}'
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end
complete -c diarist -f -a '(__diarist_complete)'
`,
} as const;
