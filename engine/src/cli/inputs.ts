import { globSync, readdirSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { SOUND_ENDINGS } from '../audio/soundNames.ts';
import { AudioError } from '../core/errors.ts';
import { nearest } from '../core/nearest.ts';
import type { Recording } from '../node/recording.ts';
import { interruptSignal } from './interrupts.ts';

/**
 * The recordings named on the command line: files, globs that the shell left alone (Windows, quotes), URLs, and `-` for
 * standard input. One that can't be read fails when it is opened, so that the others still get their turn.
 */
export interface InputRecording {
  /** As the person typed it. */
  readonly label: string;
  /** The recording's name in results: the file's name without its ending. */
  readonly uri: string;
  /** What the engine takes. Throws where there is nothing to read. */
  open(): Recording;
}

/** Every recording that is meant, each once, in the order given; files of a glob by name. */
export function expandInputs(args: readonly string[], { commands = [] }: InputOptions = {}): InputRecording[] {
  const inputs = args.flatMap((arg): InputRecording[] => {
    if (arg === '-') return [standardInput()];
    if (isUrl(arg)) return [{ label: arg, uri: urlName(arg), open: () => new URL(arg) }];
    return expandGlob(arg).map((path) => file(path, commands));
  });
  const keys = inputs.map(({ label }) => (label === '-' || label.includes('://') ? label : resolve(label)));
  return inputs.filter((_, i) => keys.indexOf(keys[i]) === i);
}

/** The files that a glob means, by name; whatever is none (a file that looks like one, a URL), and no match, as it is. */
export function expandGlob(arg: string): string[] {
  return isGlob(arg) && !isUrl(arg) && !exists(arg) ? glob(arg) : [arg];
}

/** For commands that take one: a glob of several is told, not cut to its first. */
export function expandInput(arg: string): InputRecording {
  const inputs = expandInputs([arg]);
  if (inputs.length !== 1) throw new RangeError(`Got ${inputs.length} recordings that match ${arg}: name one of them.`);
  return inputs[0];
}

interface InputOptions {
  /** Names of commands, for a file that isn't there but is spelled like one. */
  readonly commands?: readonly string[];
}

function file(path: string, commands: readonly string[]): InputRecording {
  return {
    label: path,
    uri: stem(basename(path)),
    open() {
      const found = stat(path);
      if (found === undefined) throw new AudioError('audio_not_found', `${noFile(path)}${meant(path, commands)}`);
      if (found.isDirectory()) throw new AudioError('audio_unreadable', folderMessage(path));
      return path;
    },
  };
}

/** Missing, or in a folder that may not be looked into; the engine tells which when it opens the file. */
function stat(path: string): ReturnType<typeof statSync> {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM')
      throw new AudioError('audio_unreadable', `${path} may not be read by this user; check its permissions.`);
    return undefined;
  }
}

function exists(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return true; // there, but out of reach: opening it says so
  }
}

function noFile(path: string): string {
  return isGlob(path) ? `No file matches ${path}.` : `There is no file ${path}.`;
}

function meant(path: string, commands: readonly string[]): string {
  const command = /^[a-z-]+$/i.test(path) ? nearest(path, commands) : undefined;
  return command === undefined ? '' : ` Did you mean the command 'diarist ${command}'?`;
}

/** Names a glob that fits what is in the folder. */
function folderMessage(path: string): string {
  let names: readonly string[] = [];
  try {
    names = readdirSync(path);
  } catch {
    // it can't be listed, which changes nothing about what to do
  }
  const ending = SOUND_ENDINGS.find((one) => names.some((name) => name.toLowerCase().endsWith(`.${one}`)));
  if (ending === undefined) return `${path} is a folder without recordings; name a recording.`;
  return `${path} is a folder; name the recordings in it, as in ${join(path, `*.${ending}`)}.`;
}

function isUrl(arg: string): boolean {
  return /^[a-z][a-z\d+.-]+:\/\//i.test(arg);
}

function isGlob(arg: string): boolean {
  return /[*?[{]/.test(arg);
}

/** Files only; the glob itself where nothing matches, so that it is named. */
function glob(pattern: string): string[] {
  const found = globSync(pattern).filter((path) => stat(path)?.isFile());
  return found.length > 0 ? found.sort() : [pattern];
}

function standardInput(): InputRecording {
  return {
    label: '-',
    uri: 'stdin',
    open() {
      if (process.stdin.isTTY)
        throw new RangeError("Got '-', but standard input is a terminal: pipe a recording into it.");
      // Reading waits for the next bytes, which may never come.
      interruptSignal().addEventListener('abort', () => process.stdin.destroy(), { once: true });
      return process.stdin;
    },
  };
}

function urlName(url: string): string {
  if (!URL.canParse(url)) throw new RangeError(`Got '${url}', which is not a URL.`);
  const { pathname, hostname } = new URL(url);
  const last = pathname.split('/').filter(Boolean).pop();
  if (last === undefined) return hostname;
  try {
    return stem(decodeURIComponent(last)).replace(/[/\\]/g, '_') || hostname;
  } catch {
    return stem(last);
  }
}

/** `meeting.v2.mp3` is `meeting.v2`; `.hidden` stays. */
function stem(name: string): string {
  return name.replace(/(?<=.)\.[^.]*$/, '');
}
