import { FormatError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import { PIPELINES, type Pipeline } from './parameters.ts';

/**
 * A file of parameters for --params, as settings that --set would take. Understood are names with dots and pyannote's
 * nested form, bare or under `parameters` (or `params`), with the pipeline they were tuned for beside:
 *
 *     {"pipeline": "3.1", "parameters": {"clustering": {"threshold": 0.71}, "segmentation.min_duration_off": 0.1}}
 */
export interface ParameterFile {
  readonly pipeline?: Pipeline;
  readonly settings: readonly string[];
}

export function readParameterFile(text: string, file: string): ParameterFile {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new FormatError(`is not JSON: ${(error as Error).message}`, { file }, { cause: error });
  }
  if (!isObject(document)) throw new FormatError('holds no object of parameters', { file });
  const wrapped = document.parameters ?? document.params;
  if (wrapped !== undefined && !isObject(wrapped)) throw new FormatError('parameters: expected an object', { file });
  const settings = wrapped === undefined ? flatten(withoutPipeline(document), '', file) : flatten(wrapped, '', file);
  return { ...pipelineOf(document, file), settings };
}

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withoutPipeline({ pipeline: _, ...rest }: Json): Json {
  return rest;
}

/** pyannote's own files have an object there, with the names of its classes: nothing for us. */
function pipelineOf({ pipeline }: Json, file: string): { pipeline?: Pipeline } {
  if (typeof pipeline !== 'string') return {};
  const known = PIPELINES.find((name) => name === pipeline);
  if (known !== undefined) return { pipeline: known };
  throw new FormatError(
    `pipeline: got '${pipeline}' when ${PIPELINES.join(' or ')} was expected.${didYouMean(pipeline, PIPELINES)}`,
    { file },
  );
}

function flatten(values: Json, prefix: string, file: string): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (isObject(value)) return flatten(value, `${prefix}${name}.`, file);
    if (['number', 'string', 'boolean'].includes(typeof value)) return [`${prefix}${name}=${value}`];
    throw new FormatError(
      `${prefix}${name}: got ${JSON.stringify(value)} when a number, a word, true or false was expected`,
      { file },
    );
  });
}
