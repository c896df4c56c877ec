import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { modelsCommand } from '../../src/cli/models.ts';
import { pullProgress } from '../../src/cli/pullProgress.ts';
import { ModelError } from '../../src/core/errors.ts';
import { CATALOG } from '../../src/model/catalog.ts';
import { modelEnvironment } from '../../src/node/models/environment.ts';
import { resolveModels } from '../../src/node/models/resolve.ts';
import { type FakeHub, startFakeHub } from './fakeHub.ts';
import { TINY } from './tinyOnnx.ts';

let hub: FakeHub;
let home: string;
beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'diarist-models-'));
  hub = await startFakeHub();
});
afterEach(async () => {
  await hub[Symbol.asyncDispose]();
  rmSync(home, { recursive: true, force: true });
});

const env = (variables: Record<string, string> = {}) =>
  modelEnvironment({ HF_ENDPOINT: hub.endpoint, HF_HOME: home, XDG_CACHE_HOME: home, ...variables });

/** `diarist models …` in this process. */
async function run(args: string, { terminal = false } = {}): Promise<{ out: string; err: string }> {
  let out = '';
  let err = '';
  const models = modelsCommand({ env, terminal, out: (text) => (out += text), err: (text) => (err += text) });
  await new Command('diarist')
    .addCommand(models)
    .exitOverride()
    .parseAsync(['models', ...args.split(' ')], { from: 'user' });
  return { out, err };
}
const caught = async (promise: Promise<unknown>): Promise<ModelError> => {
  const error = await promise.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(ModelError);
  return error as ModelError;
};

/** The two catalogue entries that are tied to no sha256, so that the fake hub can serve them. */
const serveEcapa = () =>
  hub.files.set('Wespeaker/wespeaker-ecapa-tdnn512-LM/voxceleb_ECAPA512_LM.onnx', { bytes: randomBytes(200_000) });
const serveReverb = () => {
  hub.files.set('csukuangfj/sherpa-onnx-reverb-diarization-v1/model.onnx', {
    bytes: Buffer.from(TINY.sherpaSegmentation()),
  });
  hub.files.set('avencera/speakrs-models/wespeaker-voxceleb-resnet34-tail.onnx', { bytes: Buffer.from(TINY.tail()) });
};

test('list shows every model with its licence, and which may not be used commercially', async () => {
  const { out } = await run('list');
  for (const { name, licences } of CATALOG) {
    expect(out).toContain(`${name} `);
    for (const { id } of licences) expect(out).toContain(`    ${id}`);
  }
  expect(out).toMatch(/^embedded 1 {2}diarization, in the package, 5\.0 MB/);
  expect(out).toContain('Rev-Non-Production NOT FOR COMMERCIAL USE (--accept-licence Rev-Non-Production)');
});

test('list as JSON says what is here', async () => {
  serveEcapa();
  await run('pull wespeaker-ecapa512');
  const models = JSON.parse((await run('list --json')).out) as { name: string; presence: string; origin: string }[];
  const states = Object.fromEntries(models.map(({ name, presence, origin }) => [name, [origin, presence]]));
  expect(states['embedded']).toEqual(['bundled', 'present']);
  expect(states['wespeaker-ecapa512']).toEqual(['hub', 'present']);
  expect(states['community-1']).toEqual(['hub', 'absent']);
});

test('pull fetches, path says where, verify reads again, remove deletes', async () => {
  serveEcapa();
  const name = 'wespeaker-ecapa512';
  expect((await caught(run(`path ${name}`))).message).toContain(`run diarist models pull ${name}`);
  const { err } = await run(`pull ${name}`);
  expect(err).toContain('voxceleb_ECAPA512_LM.onnx (1/1)  0.000 of 0.2 MB\n');
  expect(err).toContain('0.2 of 0.2 MB\n');
  expect(err).toContain(`${name} is on this machine, under CC-BY-4.0.`);

  const { out } = await run(`path ${name}`);
  const [role, file] = out.trim().split('\t');
  expect(role).toBe('embedding-plain');
  expect(readFileSync(file)).toEqual(
    hub.files.get('Wespeaker/wespeaker-ecapa-tdnn512-LM/voxceleb_ECAPA512_LM.onnx')?.bytes,
  );
  expect((await run(`verify ${name}`)).out).toContain('embedding-plain\tright');

  await run(`remove ${name}`);
  expect(readdirSync(join(home, 'hub'))).toEqual([]);
  expect((await caught(run(`verify ${name}`))).code).toBe('model_missing');
});

test('a second pull asks nobody; --refresh asks for what changed', async () => {
  serveReverb();
  await run('pull reverb-v1');
  hub.requests.length = 0;
  await run('pull reverb-v1');
  expect(hub.requests).toEqual([]);
  hub.files.set('csukuangfj/sherpa-onnx-reverb-diarization-v1/model.onnx', { bytes: randomBytes(100) });
  await run('pull reverb-v1 --refresh');
  expect(hub.requests.filter(({ where }) => where === 'cdn')).toHaveLength(1);
});

test('a file that rotted on disk is found', async () => {
  serveEcapa();
  await run('pull wespeaker-ecapa512');
  const { out } = await run('path wespeaker-ecapa512 --json');
  const { 'embedding-plain': file } = JSON.parse(out) as Record<string, string>;
  writeFileSync(realpathSync(file), 'rot');
  const error = await caught(run('verify'));
  expect(error.code).toBe('model_hash_mismatch');
  expect(error.message).toContain("The embedding-plain of the model 'wespeaker-ecapa512'");
});

test('verify without a name checks the models in the package', async () => {
  const { out } = await run('verify');
  expect(
    out
      .trim()
      .split('\n')
      .map((line) => line.split('\t').slice(0, 3)),
  ).toEqual([
    ['embedded', 'segmentation', 'right'],
    ['embedded', 'embedding-trunk', 'right'],
    ['embedded', 'embedding-head', 'right'],
    ['embedded', 'plda', 'right'],
    ['embedded-v0', 'segmentation', 'right'],
    ['embedded-v0', 'embedding-trunk', 'right'],
    ['embedded-v0', 'embedding-head', 'right'],
    ['embedded-v0', 'plda', 'right'],
  ]);
});

test('remove leaves the files that another model needs, and those that are not ours', async () => {
  serveReverb();
  const community = CATALOG.find(({ name }) => name === 'community-1');
  await run('pull reverb-v1');
  const tail = join(home, 'hub', 'models--avencera--speakrs-models');
  writeFileSync(join(tail, 'snapshots', community?.files['embedding-tail']?.source?.revision ?? '', 'theirs.txt'), 'x');
  await run('remove reverb-v1');
  expect(readdirSync(join(home, 'hub'))).toEqual(['models--avencera--speakrs-models']);
  expect(
    readdirSync(join(tail, 'snapshots'), { recursive: true }).filter((path) => String(path).includes('.')),
  ).toHaveLength(1);
  expect(readdirSync(join(tail, 'blobs'))).toEqual([]);
});

test('what is in the package cannot be removed', async () => {
  expect((await caught(run('remove embedded'))).message).toContain('a part of this program');
});

test('a wrong name stops before anything is fetched', async () => {
  serveEcapa();
  const error = await caught(run('pull wespeaker-ecapa512 silero'));
  expect(error.message).toContain("There is no model 'silero'. Did you mean 'silero-vad'?");
  expect(hub.requests).toEqual([]);
});

test('a file that is not what the catalogue pinned is refused', async () => {
  hub.files.set('istupakov/silero-vad-onnx/silero_vad.onnx', { bytes: randomBytes(1000) });
  const error = await caught(run('pull silero-vad'));
  expect(error.code).toBe('model_hash_mismatch');
  expect(error.message).toContain('1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3');
});

test('a non-commercial model can be fetched but does not run until its licence is accepted', async () => {
  serveReverb();
  const { err } = await run('pull reverb-v1');
  expect(err).toContain('It does not run until you agree to Rev-Non-Production');
  expect((await caught(resolveModels({ model: 'reverb-v1', env: env() }))).code).toBe('model_licence');
  await run('pull reverb-v1 --accept-licence Rev-Non-Production');
  const { manifest, files, pipeline } = await resolveModels({ model: 'reverb-v1', env: env() });
  expect(pipeline).toBe('3.1');
  expect(manifest.licences.map(({ id }) => id)).toContain('Rev-Non-Production');
  expect(
    createHash('sha256')
      .update(readFileSync(files['embedding-tail'] ?? ''))
      .digest('hex'),
  ).toBe(createHash('sha256').update(TINY.tail()).digest('hex'));
});

test('resolving a model fetches it and tells how far it is', async () => {
  serveReverb();
  const seen: string[] = [];
  const options = { model: 'reverb-v1', acceptLicences: ['Rev-Non-Production'], env: env() };
  await resolveModels({
    ...options,
    onProgress: ({ file, fileIndex, numFiles }) => seen.push(`${fileIndex + 1}/${numFiles} ${file}`),
  });
  expect(new Set(seen)).toEqual(new Set(['1/2 model.onnx', '2/2 wespeaker-voxceleb-resnet34-tail.onnx']));
  hub.requests.length = 0;
  await resolveModels({ ...options, env: env({ HF_HUB_OFFLINE: '1' }) });
  expect(hub.requests).toEqual([]);
});

test('a terminal gets a bar that is cleared in the end', async () => {
  serveEcapa();
  const { err } = await run('pull wespeaker-ecapa512', { terminal: true });
  expect(err).toContain(
    '\r\x1b[Kwespeaker-ecapa512  voxceleb_ECAPA512_LM.onnx (1/1)  [------------------------]  0.000 of 0.2 MB',
  );
  expect(err).toContain('[########################]  0.2 of 0.2 MB\r\x1b[K');
});

test('without a terminal there are at most five lines a file', () => {
  const lines: string[] = [];
  const { update } = pullProgress((line) => lines.push(line));
  const of = { model: 'm', file: 'f', fileIndex: 0, numFiles: 1, total: 1000 };
  for (let received = 0; received <= 1000; received++) update({ ...of, received });
  expect(lines).toHaveLength(5);
  for (const total of [undefined, 0]) update({ ...of, file: `${total}`, received: 0, total });
  expect(lines).toHaveLength(7);
});
