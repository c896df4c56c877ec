import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { ctcWords } from './ctcWords.ts';
import type { AsrPipeline, Interrupt, Transformers } from './library.ts';
import type { FromRecogniser, Heard, LocalSettings, ToRecogniser } from './messages.ts';

/**
 * The inside of a recogniser's process: a model of transformers.js, which blocks where it computes features and words.
 * `node recogniserProcess.js SETTINGS`. Nothing is fetched: the library gets a `fetch` that refuses.
 *
 *     whisper, lite-whisper                 words with times, where the model was exported with its attentions
 *     wav2vec2, hubert, parakeet_ctc …      words with times from the frames (ctcWords.ts)
 *     moonshine, cohere_asr                 text
 */
const { folder, library, dtype, threads } = JSON.parse(process.argv[2]) as LocalSettings;
const send = (message: FromRecogniser) => process.send?.(message);

// Ctrl-C reaches every process of a terminal; what is to happen then, the one that started this one says.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit(0));

const CTC = ['wav2vec2', 'wav2vec2-bert', 'unispeech', 'unispeech-sat', 'hubert', 'parakeet_ctc'];
const WHISPER = ['whisper', 'lite-whisper'];

try {
  const transformers = (await import(library)) as Transformers;
  const { env } = transformers;
  Object.assign(env, { allowRemoteModels: false, allowLocalModels: true, useFSCache: false, useBrowserCache: false });
  env.localModelPath = `${dirname(folder)}/`;
  env.fetch = () => Promise.reject(new Error('Recognition fetches nothing.'));
  const asr = await transformers.pipeline('automatic-speech-recognition', basename(folder), {
    dtype,
    device: 'cpu',
    local_files_only: true,
    session_options: threads === undefined ? {} : { intraOpNumThreads: threads },
  });
  const interrupt = new transformers.InterruptableStoppingCriteria();
  const hear = hearWith(asr, transformers, interrupt);
  let running = -1;
  const stopped = new Set<number>();
  // One after the other: a job that was stopped goes on to its next token, and the next one takes the interrupt back.
  let last: Promise<void> = Promise.resolve();
  process.on('message', (message: ToRecogniser) => {
    if (message.type === 'stop') {
      if (message.job === running) interrupt.interrupt();
      else stopped.add(message.job);
      return;
    }
    const { job, samples, language } = message;
    last = last
      .then(async () => {
        running = job;
        interrupt.reset();
        if (!stopped.delete(job)) send({ type: 'heard', job, heard: await hear(samples, language) });
      })
      .catch((error: unknown) => {
        send({ type: 'failed', job, message: textOf(error) });
      });
  });
  send({ type: 'ready' });
} catch (error) {
  send({ type: 'unable', message: textOf(error) });
}

function hearWith(
  asr: AsrPipeline,
  { Tensor }: Transformers,
  interrupt: Interrupt,
): (samples: Float32Array, language: string | undefined) => Promise<Heard> {
  const { model_type: kind, pad_token_id: blank = 0 } = asr.model.config;
  const generation = asr.model.generation_config ?? {};
  const stopping_criteria = [interrupt];

  if (CTC.includes(kind)) {
    const tokens = { ...readTokens(), blank };
    return async (samples) => {
      const { logits } = await asr.model(await asr.processor(samples));
      const [, numFrames, width] = logits.dims;
      const words = ctcWords({ data: logits.data, numFrames, width }, tokens, samples.length / 16000 / numFrames);
      return { text: words.map(({ text }) => text).join(''), words };
    };
  }
  if (!WHISPER.includes(kind)) {
    return async (samples, language) => {
      const { text } = await asr(samples, {
        stopping_criteria,
        ...(language === undefined ? {} : { language }),
        // Six tokens a second against endless repetitions, as its paper has it; the library gives none to half a second.
        ...(kind === 'moonshine' ? { max_new_tokens: Math.ceil((6 * samples.length) / 16000) } : {}),
      });
      return { text };
    };
  }

  const languages = generation.is_multilingual ? generation.lang_to_id : undefined;
  const wordTimes = generation.alignment_heads != null;
  return async (samples, given) => {
    const language = languages === undefined ? undefined : (given ?? (await spoken(samples, languages)));
    const { text, chunks = [] } = await asr(samples, {
      return_timestamps: wordTimes ? 'word' : true,
      stopping_criteria,
      ...(language === undefined ? {} : { language, task: 'transcribe' }),
    });
    const words = chunks.map(({ text: said, timestamp: [start, end] }) => ({
      text: said,
      ...(start == null ? {} : { start }),
      ...(end == null ? {} : { end }),
    }));
    return { text, words, ...(language === undefined ? {} : { language }) };
  };

  /** The language that Whisper thinks likeliest after the first 30 s: transformers.js would take English. */
  async function spoken(samples: Float32Array, ids: Readonly<Record<string, number>>): Promise<string> {
    const { input_features } = await asr.processor(samples);
    const begin = BigInt(generation.decoder_start_token_id ?? 0);
    const decoder_input_ids = new Tensor('int64', BigInt64Array.of(begin), [1, 1]);
    const { logits } = await asr.model({ input_features, decoder_input_ids });
    const [best] = Object.entries(ids).sort(([, a], [, b]) => logits.data[b] - logits.data[a]);
    return best[0].replace(/^<\|(.*)\|>$/, '$1');
  }
}

/** The pieces of a CTC model, by number. */
function readTokens(): { names: string[]; special: Set<number> } {
  const { model, added_tokens: added = [] } = JSON.parse(readFileSync(join(folder, 'tokenizer.json'), 'utf8')) as {
    model: { vocab: Readonly<Record<string, number>> | readonly (readonly [string, number])[] };
    added_tokens?: readonly { id: number; content: string; special: boolean }[];
  };
  const names: string[] = [];
  const vocabulary = Array.isArray(model.vocab)
    ? (model.vocab as readonly (readonly [string, number])[]).map(([name], id) => [name, id] as const)
    : Object.entries(model.vocab as Readonly<Record<string, number>>);
  for (const [name, id] of vocabulary) names[id] = name;
  for (const { id, content } of added) names[id] = content;
  return { names, special: new Set(added.filter(({ special }) => special).map(({ id }) => id)) };
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
