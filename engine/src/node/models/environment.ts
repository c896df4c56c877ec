import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where models live and how the hub is reached, from the environment. The variables of the Hugging Face hub mean what
 * they mean to its Python library, so that both share one cache; DIARIST_MODELS_DIR puts everything of ours into one
 * folder instead, which suits containers.
 */
export interface ModelEnvironment {
  /** HF_ENDPOINT: the hub, or a mirror of it. */
  readonly endpoint: string;
  /** HF_TOKEN, or the token that `hf auth login` saved. */
  readonly token: string | undefined;
  /** HF_HUB_OFFLINE: never touch the network. */
  readonly offline: boolean;
  /** The hub's cache: DIARIST_MODELS_DIR, HF_HUB_CACHE, HF_HOME/hub or ~/.cache/huggingface/hub. */
  readonly cacheDir: string;
  /** Models with a manifest, one folder each, and the licences that were accepted. */
  readonly modelsDir: string;
  /** SPEAKRS_MODELS_DIR: the files of speakrs, all in one folder. */
  readonly speakrsDir: string | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

/** Reads the environment; `variables` stands in for process.env in tests. */
export function modelEnvironment(variables: Variables = process.env): ModelEnvironment {
  const given = (...names: readonly string[]) => names.map((name) => variables[name]).find((value) => value?.trim());
  const yes = (name: string) => /^(1|true|yes|on)$/i.test(variables[name] ?? '');
  const caches = given('XDG_CACHE_HOME') ?? join(homedir(), '.cache');
  const hubHome = given('HF_HOME') ?? join(caches, 'huggingface');
  const modelsDir = given('DIARIST_MODELS_DIR');
  return {
    endpoint: (given('HF_ENDPOINT') ?? 'https://huggingface.co').replace(/\/+$/, ''),
    token:
      given('HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN')?.trim() ??
      savedToken(given('HF_TOKEN_PATH') ?? join(hubHome, 'token')),
    offline: yes('HF_HUB_OFFLINE') || yes('TRANSFORMERS_OFFLINE'),
    cacheDir: modelsDir ?? given('HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE') ?? join(hubHome, 'hub'),
    modelsDir: modelsDir ?? join(caches, 'diarist'),
    speakrsDir: given('SPEAKRS_MODELS_DIR'),
  };
}

function savedToken(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}
