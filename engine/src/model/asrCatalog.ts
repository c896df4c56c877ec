import type { Licence } from './licence.ts';
import type { HubSource, ModelFile, ModelManifest, Role } from './manifest.ts';

/**
 * Models that recognise speech, to be fetched by name: exports for transformers.js, the 8-bit ones, which are the smallest
 * that lose little. None was downloaded or run here (see catalog.ts); names of repositories and files are those that other
 * programs use, sizes are about right. All of a model's files come from one repository and keep their paths, because the
 * library reads them from one folder.
 */
const SMALL_FILES: Readonly<Partial<Record<Role, string>>> = {
  'asr-config': 'config.json',
  'asr-generation': 'generation_config.json',
  'asr-preprocessor': 'preprocessor_config.json',
  'asr-tokenizer': 'tokenizer.json',
  'asr-tokenizer-config': 'tokenizer_config.json',
};

function files(repo: string, networks: Readonly<Partial<Record<Role, string>>>): ModelManifest['files'] {
  const source: Omit<HubSource, 'path'> = { repo, revision: 'main' };
  const all = Object.entries({ ...SMALL_FILES, ...networks }) as [Role, string][];
  return Object.fromEntries(
    all.map(([role, path]): [Role, ModelFile] => [role, { path, source: { ...source, path } }]),
  );
}

const SEQUENCE: Readonly<Partial<Record<Role, string>>> = {
  'asr-encoder': 'onnx/encoder_model_quantized.onnx',
  'asr-decoder': 'onnx/decoder_model_merged_quantized.onnx',
};

/** As the card of each model on the hub says: Apache-2.0, but MIT for large-v3-turbo. */
const licence = (name: string): Licence => ({
  id: name === 'large-v3-turbo' ? 'MIT' : 'Apache-2.0',
  commercial: true,
  attribution: 'Whisper, OpenAI; converted to ONNX by onnx-community',
  url: `https://huggingface.co/openai/whisper-${name}`,
});

const BASE = {
  format: 1,
  version: '1',
  task: 'recognition',
  sampleRate: 16000,
  windowDuration: 30,
  pipeline: '3.1',
  parameters: {},
  unverified: 'Neither downloaded nor run here, not pinned to a commit; checked against the hash that the hub gives.',
} as const;

function whisper(name: string, size: string, languages: string): ModelManifest {
  return {
    ...BASE,
    name: `whisper-${name}`,
    description: `Speech to text: Whisper ${name}, ${languages}, word times, about ${size}`,
    files: files(`onnx-community/whisper-${name}_timestamped`, SEQUENCE),
    licences: [licence(name)],
  };
}

export const ASR_CATALOG: readonly ModelManifest[] = [
  whisper('tiny', '45 MB', '99 languages'),
  whisper('tiny.en', '45 MB', 'English'),
  whisper('base', '80 MB', '99 languages'),
  whisper('base.en', '80 MB', 'English'),
  whisper('small', '250 MB', '99 languages'),
  whisper('small.en', '250 MB', 'English'),
  whisper('large-v3-turbo', '1.1 GB', '99 languages'),
  {
    ...BASE,
    name: 'moonshine-base',
    description: 'Speech to text: Moonshine base, English, no word times (shared out), about 65 MB; quick',
    files: files('onnx-community/moonshine-base-ONNX', SEQUENCE),
    licences: [
      {
        id: 'MIT',
        commercial: true,
        attribution: 'Moonshine, Useful Sensors; converted to ONNX by onnx-community',
        url: 'https://huggingface.co/UsefulSensors/moonshine-base',
      },
    ],
  },
];
