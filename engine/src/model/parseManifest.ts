import { ModelError } from '../core/errors.ts';
import { didYouMean } from '../core/nearest.ts';
import type { MonotoneMap } from '../math/monotone.ts';
import type { Licence } from './licence.ts';
import {
  type ConfidenceMaps,
  type EmbeddingTraits,
  type HubSource,
  type ModelFile,
  type ModelManifest,
  missingRoles,
  ROLES,
  type Role,
  type Task,
  type TurnLikeness,
  type VerificationTraits,
} from './manifest.ts';
import { checkParameter, type Parameters, PIPELINES, type Pipeline } from './parameters.ts';

/**
 * A manifest.json checked key by key. Each refusal names the file, the key as one would write it (`files.vad.sha256`),
 * what stands there and what should. Keys that mean nothing are refused too: they are usually misspelt ones.
 */

const TASKS: readonly Task[] = ['diarization', 'segmentation', 'embedding', 'vad', 'recognition'];
const KEYS = [
  'format',
  'name',
  'version',
  'description',
  'task',
  'sampleRate',
  'windowDuration',
  'pipeline',
  'powerset',
  'embedding',
  'verification',
  'confidence',
  'parameters',
  'files',
  'licences',
  'unverified',
];

/** A parsed manifest.json as a manifest; `where` names the file in messages. Throws ModelError `model_invalid`. */
export function parseManifest(json: unknown, where = 'manifest.json'): ModelManifest {
  try {
    return readManifest(json);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new ModelError('model_invalid', `${where}: ${error.message}`, { cause: error.cause });
  }
}

function readManifest(json: unknown): ModelManifest {
  const top = record(json, '', KEYS);
  if (top.format !== 1) refuse('format', top.format, '1');
  const files = record(top.files, 'files');
  const manifest: ModelManifest = {
    format: 1,
    name: matching(top.name, 'name', /^[a-z0-9][a-z0-9.+_-]*$/, 'small letters, digits and . + - _'),
    version: text(top.version, 'version'),
    description: text(top.description, 'description'),
    task: oneOf(top.task ?? 'diarization', 'task', TASKS),
    sampleRate: number(top.sampleRate ?? 16000, 'sampleRate', { whole: true }),
    windowDuration: number(top.windowDuration ?? 10, 'windowDuration'),
    pipeline: oneOf(top.pipeline ?? 'community-1', 'pipeline', PIPELINES),
    powerset: top.powerset === undefined ? undefined : powerset(top.powerset),
    embedding: top.embedding === undefined ? undefined : embeddingTraits(top.embedding),
    ...(top.verification === undefined ? {} : { verification: verification(top.verification) }),
    ...(top.confidence === undefined ? {} : { confidence: confidenceMaps(top.confidence) }),
    parameters: top.parameters === undefined ? {} : parameters(top.parameters),
    files: Object.fromEntries(
      Object.entries(files).map(([role, file]) => [oneOf(role, 'files', ROLES), modelFile(file, `files.${role}`)]),
    ) as Partial<Record<Role, ModelFile>>,
    licences: list(top.licences, 'licences').map((licence, index) => licenceOf(licence, `licences[${index}]`)),
    unverified: top.unverified === undefined ? undefined : text(top.unverified, 'unverified'),
  };
  if (manifest.licences.length === 0) refuse('licences', 'none', 'at least one');
  const missing = missingRoles(manifest, manifest.pipeline);
  if (missing.length > 0) refuse('files', Object.keys(files).join(', ') || 'none', `also ${missing.join(', ')}`);
  if ((manifest.task === 'diarization' || manifest.task === 'embedding') && manifest.embedding === undefined) {
    refuse('embedding', undefined, 'its fbankMean');
  }
  return manifest;
}

function powerset(value: unknown): ModelManifest['powerset'] {
  const { numSpeakers, maxSimultaneous } = record(value, 'powerset', ['numSpeakers', 'maxSimultaneous']);
  const speakers = number(numSpeakers, 'powerset.numSpeakers', { whole: true });
  const simultaneous = number(maxSimultaneous, 'powerset.maxSimultaneous', { whole: true, orZero: true });
  if (simultaneous > speakers) refuse('powerset.maxSimultaneous', simultaneous, `at most ${speakers}`);
  return { numSpeakers: speakers, maxSimultaneous: simultaneous };
}

function embeddingTraits(value: unknown): EmbeddingTraits {
  const known = ['dimension', 'fbankMean', 'minNumSamples', 'shared', 'turns'];
  const { dimension, fbankMean, minNumSamples, shared, turns } = record(value, 'embedding', known);
  const traits: EmbeddingTraits = {
    dimension: dimension === undefined ? undefined : number(dimension, 'embedding.dimension', { whole: true }),
    fbankMean: oneOf(fbankMean, 'embedding.fbankMean', ['window', 'recording'] as const),
    minNumSamples: number(minNumSamples ?? 400, 'embedding.minNumSamples', { whole: true }),
  };
  if (shared === undefined && turns !== undefined) refuse('embedding.shared', undefined, 'it beside embedding.turns');
  if (shared === undefined) return traits;
  const { subsampling, margin } = record(shared, 'embedding.shared', ['subsampling', 'margin']);
  return {
    ...traits,
    shared: {
      subsampling: number(subsampling, 'embedding.shared.subsampling', { whole: true }),
      margin: number(margin, 'embedding.shared.margin', { whole: true, orZero: true }),
    },
    ...(turns === undefined ? {} : { turns: turnLikeness(turns) }),
  };
}

function turnLikeness(value: unknown): TurnLikeness {
  const given = record(value, 'embedding.turns', ['slope', 'middle', 'half', 'same', 'other']);
  const of = (key: keyof TurnLikeness, orZero = true) => number(given[key], `embedding.turns.${key}`, { orZero });
  return { slope: of('slope', false), middle: of('middle'), half: of('half'), same: of('same'), other: of('other') };
}

function verification(value: unknown): VerificationTraits {
  const { slope, intercept, origin } = record(value, 'verification', ['slope', 'intercept', 'origin']);
  if (typeof intercept !== 'number' || !Number.isFinite(intercept))
    refuse('verification.intercept', intercept, 'a number');
  return { slope: number(slope, 'verification.slope'), intercept, origin: text(origin, 'verification.origin') };
}

function confidenceMaps(value: unknown): ConfidenceMaps {
  const { frame, turn, speaker, origin } = record(value, 'confidence', ['frame', 'turn', 'speaker', 'origin']);
  return {
    frame: risingCurve(frame, 'confidence.frame'),
    turn: risingCurve(turn, 'confidence.turn'),
    speaker: risingCurve(speaker, 'confidence.speaker'),
    origin: text(origin, 'confidence.origin'),
  };
}

function risingCurve(value: unknown, at: string): MonotoneMap {
  const expected = 'pairs of numbers from 0 to 1, both rising';
  const within = (given: unknown): given is number => typeof given === 'number' && given >= 0 && given <= 1;
  const knots = list(value, at).map((knot, i): readonly [number, number] => {
    if (!Array.isArray(knot) || knot.length !== 2 || !within(knot[0]) || !within(knot[1]))
      return refuse(`${at}[${i}]`, knot, expected);
    return [knot[0], knot[1]];
  });
  if (knots.length === 0) refuse(at, 'none', expected);
  for (let i = 1; i < knots.length; i++)
    if (knots[i][0] <= knots[i - 1][0] || knots[i][1] < knots[i - 1][1]) refuse(`${at}[${i}]`, knots[i], expected);
  return knots;
}

function parameters(value: unknown): ModelManifest['parameters'] {
  const entries = Object.entries(record(value, 'parameters', PIPELINES)).map(([pipeline, set]) => {
    const at = `parameters.${pipeline}`;
    const values: Partial<Parameters> = {};
    for (const [name, given] of Object.entries(record(set, at))) {
      try {
        Object.assign(values, checkParameter(pipeline as Pipeline, name, given));
      } catch (cause) {
        throw new Refusal(`${at}: ${(cause as RangeError).message}`, { cause });
      }
    }
    return [pipeline, values] as const;
  });
  return Object.fromEntries(entries);
}

function modelFile(value: unknown, at: string): ModelFile {
  const { path, size, sha256, source, tensors } = record(value, at, ['path', 'size', 'sha256', 'source', 'tensors']);
  return {
    path: relativePath(path, `${at}.path`),
    size: size === undefined ? undefined : number(size, `${at}.size`, { whole: true }),
    sha256: sha256 === undefined ? undefined : matching(sha256, `${at}.sha256`, /^[0-9a-f]{64}$/, '64 hex digits'),
    source: source === undefined ? undefined : hubSource(source, `${at}.source`),
    tensors: tensors === undefined ? undefined : names(tensors, `${at}.tensors`),
  };
}

function hubSource(value: unknown, at: string): HubSource {
  const { repo, revision, path } = record(value, at, ['repo', 'revision', 'path']);
  return {
    repo: matching(repo, `${at}.repo`, /^(?!\.)[\w.-]+\/(?!\.)[\w.-]+$/, 'owner/name'),
    revision: matching(revision ?? 'main', `${at}.revision`, /^(?!.*\.\.)[\w.][\w./-]*$/, 'a branch, tag or commit'),
    path: relativePath(path, `${at}.path`),
  };
}

function licenceOf(value: unknown, at: string): Licence {
  const { id, commercial, attribution, url } = record(value, at, ['id', 'commercial', 'attribution', 'url']);
  if (typeof commercial !== 'boolean') refuse(`${at}.commercial`, commercial, 'true or false');
  return {
    id: matching(id, `${at}.id`, /^[\w.+-]+$/, 'an SPDX identifier or a name without spaces'),
    commercial,
    attribution: text(attribution, `${at}.attribution`),
    ...(url === undefined ? {} : { url: text(url, `${at}.url`) }),
  };
}

/** Thrown inside, to get the file's name in front once. */
class Refusal extends Error {}

function refuse(at: string, got: unknown, expected: string, guess = ''): never {
  const shown = got === undefined ? 'nothing' : typeof got === 'string' ? `'${got}'` : JSON.stringify(got);
  throw new Refusal(`${at || 'the file'}: Got ${shown} when ${expected} is expected.${guess}`);
}

function record(value: unknown, at: string, known?: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(at, value, 'an object');
  for (const key of Object.keys(value)) {
    if (known === undefined || known.includes(key)) continue;
    const path = at === '' ? key : `${at}.${key}`;
    throw new Refusal(`${path}: This key has no meaning.${didYouMean(key, known)} Known are ${known.join(', ')}.`);
  }
  return value as Record<string, unknown>;
}

function list(value: unknown, at: string): readonly unknown[] {
  return Array.isArray(value) ? value : refuse(at, value, 'a list');
}

function text(value: unknown, at: string): string {
  return typeof value === 'string' && value !== '' ? value : refuse(at, value, 'some text');
}

function matching(value: unknown, at: string, pattern: RegExp, expected: string): string {
  return typeof value === 'string' && pattern.test(value) ? value : refuse(at, value, expected);
}

function oneOf<T extends string>(value: unknown, at: string, known: readonly T[]): T {
  if (known.includes(value as T)) return value as T;
  const guess = typeof value === 'string' ? didYouMean(value, known) : '';
  return refuse(at, value, `one of ${known.join(', ')}`, guess);
}

function number(value: unknown, at: string, { whole = false, orZero = false } = {}): number {
  const fits = typeof value === 'number' && Number.isFinite(value) && (orZero ? value >= 0 : value > 0);
  if (fits && (!whole || Number.isInteger(value))) return value;
  return refuse(at, value, `a ${whole ? 'whole ' : ''}number ${orZero ? 'of at least' : 'above'} 0`);
}

function names(value: unknown, at: string): Readonly<Record<string, string>> {
  const entries = Object.entries(record(value, at));
  return Object.fromEntries(entries.map(([key, name]) => [key, text(name, `${at}.${key}`)]));
}

/** A path inside the model's folder: whoever wrote the manifest must not reach the rest of the disk. */
function relativePath(value: unknown, at: string): string {
  const inside =
    typeof value === 'string' &&
    value !== '' &&
    !/^[/\\]|^[A-Za-z]:|\\|\0/.test(value) &&
    !value.split('/').includes('..');
  return inside ? value : refuse(at, value, "a path inside the model's folder, with / between folders");
}
