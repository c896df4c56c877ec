import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ModelError } from '../../src/core/errors.ts';
import { readOnnxInfo } from '../../src/model/graphInfo.ts';
import { writeNpy, writeNpz } from '../../src/model/npy.ts';
import { readPlda } from '../../src/model/pldaFiles.ts';
import { identifyEmbedding, identifySegmentation } from '../../src/model/roles.ts';
import { modelEnvironment } from '../../src/node/models/environment.ts';
import { type ResolveOptions, resolveModels } from '../../src/node/models/resolve.ts';
import { TINY } from './tinyOnnx.ts';

/** What stands in the manifest of the model in the package. */
const SHIPPED = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../models/embedded-v1/manifest.json'), 'utf8'),
).parameters;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'diarist-models-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const put = (path: string, bytes: Uint8Array | string): string => {
  const file = join(folder, ...path.split('/'));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, bytes);
  return file;
};
const doubles = (...shape: number[]) => ({
  kind: '<f8' as const,
  shape,
  data: new Float64Array(shape.reduce((a, b) => a * b)).fill(0.5),
});
const putSpeakrsPlda = () => {
  for (const [name, shape] of Object.entries({
    mean1: [256],
    mean2: [128],
    lda: [256, 128],
    mu: [128],
    tr: [128, 128],
    psi: [128],
  }))
    put(`plda_${name}.npy`, writeNpy(doubles(...shape)));
};
/** Offline, so that nothing here can reach a network. */
const resolve = (options: ResolveOptions = {}, variables: Record<string, string> = {}) =>
  resolveModels({
    ...options,
    env: modelEnvironment({
      HF_HOME: join(folder, 'hf'),
      XDG_CACHE_HOME: join(folder, 'cache'),
      HF_HUB_OFFLINE: '1',
      ...variables,
    }),
  });
const names = (files: object) =>
  Object.fromEntries(Object.entries(files).map(([role, file]) => [role, basename(file)]));

test('the embedded model needs nothing, and its files are the ones its manifest names', async () => {
  const { manifest, pipeline, parameters, files } = await resolve();
  expect(manifest.name).toBe('embedded');
  expect(pipeline).toBe('3.1');
  expect(parameters['clustering.threshold']).toBe(SHIPPED['3.1']['clustering.threshold']);
  for (const [role, path] of Object.entries(files)) {
    const bytes = readFileSync(path);
    const file = manifest.files[role as keyof typeof manifest.files];
    expect(bytes.length, role).toBe(file?.size);
    expect(createHash('sha256').update(bytes).digest('hex'), role).toBe(file?.sha256);
  }
});

test("the embedded networks are what the manifest says, by their graphs' own shapes", async () => {
  const { manifest, files } = await resolve();
  const info = (path = '') => readOnnxInfo(readFileSync(path), path);
  const segmentation = identifySegmentation(info(files.segmentation));
  expect(segmentation.tensors).toEqual(manifest.files.segmentation?.tensors);
  expect(segmentation.powerset).toEqual(manifest.powerset);
  for (const role of ['embedding-trunk', 'embedding-head'] as const) {
    const graph = identifyEmbedding(info(files[role]));
    expect(graph.role).toBe(role);
    expect(graph.tensors).toEqual(manifest.files[role]?.tensors);
    if (graph.dimension !== undefined) expect(graph.dimension).toBe(manifest.embedding?.dimension);
  }
});

test('the embedded PLDA is read, its Fortran-ordered matrix in C order', async () => {
  const { files } = await resolve({ pipeline: 'community-1' });
  const { mean1, lda, tr, psi } = readPlda({ plda: readFileSync(files.plda ?? '') });
  expect([mean1.length, lda.length, tr.length, psi.length]).toEqual([192, 192 * 128, 128 * 128, 128]);
  // numpy.load('plda.npz')['lda'][0, :3]
  expect([...lda.subarray(0, 3)].map((value) => value.toFixed(6))).toEqual(['-0.300400', '0.178442', '-0.000288']);
});

test('the other pipeline has its own parameters, and the user has the last word', async () => {
  const { pipeline, parameters } = await resolve({ pipeline: 'community-1', set: ['clustering.Fa=0.2'] });
  expect(pipeline).toBe('community-1');
  expect(parameters).toMatchObject({ ...SHIPPED['community-1'], 'clustering.Fa': 0.2 });
  await expect(resolve({ pipeline: '3' as never })).rejects.toThrow("Got the pipeline '3' when community-1 or 3.1");
  await expect(resolve({ set: ['clustering.treshold=0.6'] })).rejects.toThrow("Did you mean 'clustering.threshold'?");
});

test('an unknown model is refused with the nearest name and the list', async () => {
  await expect(resolve({ model: 'comunity-1' })).rejects.toThrow(
    /There is no model 'comunity-1'\. Did you mean 'community-1'\? There are: embedded, embedded-v0, community-1, 3\.1, /,
  );
});

test('a model of the hub that is not here is refused offline', async () => {
  await expect(resolve({ model: 'community-1' })).rejects.toThrow('HF_HUB_OFFLINE is set');
});

test('a non-commercial model wants its licence accepted, once', async () => {
  const refusal = await resolve({ model: 'reverb-v1' }).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(ModelError);
  expect((refusal as ModelError).code).toBe('model_licence');
  expect((refusal as ModelError).message).toContain('add --accept-licence Rev-Non-Production once');
  await expect(resolve({ model: 'reverb-v1', acceptLicences: ['MIT'] })).rejects.toThrow('--accept-licence');
  // Accepted: now only the files are missing. And it is remembered.
  await expect(resolve({ model: 'reverb-v1', acceptLicences: ['Rev-Non-Production'] })).rejects.toThrow(
    'HF_HUB_OFFLINE',
  );
  await expect(resolve({ model: 'reverb-v1' })).rejects.toThrow('HF_HUB_OFFLINE');
});

test('a folder with a manifest is a model, by its path or by its name in DIARIST_MODELS_DIR', async () => {
  put('mine/s.onnx', TINY.segmentation());
  put('mine/e.onnx', TINY.fused());
  const manifest = {
    format: 1,
    name: 'mine',
    version: '1',
    description: 'A test',
    pipeline: '3.1',
    embedding: { fbankMean: 'window' },
    files: { segmentation: { path: 's.onnx' }, embedding: { path: 'e.onnx' } },
    licences: [{ id: 'MIT', commercial: true, attribution: 'Me' }],
  };
  put('mine/manifest.json', JSON.stringify(manifest));
  const byPath = await resolve({ model: join(folder, 'mine') });
  expect(names(byPath.files)).toEqual({ segmentation: 's.onnx', embedding: 'e.onnx' });
  const byName = await resolve({ model: 'mine' }, { DIARIST_MODELS_DIR: folder });
  expect(byName.files).toEqual(byPath.files);

  rmSync(join(folder, 'mine', 'e.onnx'));
  await expect(resolve({ model: join(folder, 'mine') })).rejects.toThrow(
    /lacks its embedding: there is no file .*e\.onnx/,
  );
  put('mine/manifest.json', '{ "format": 1,');
  await expect(resolve({ model: join(folder, 'mine') })).rejects.toThrow(/manifest\.json is not JSON/);
});

test('a folder as speakrs lays it out is community-1', async () => {
  put('segmentation-3.0.onnx', TINY.segmentation());
  put('segmentation-3.0-b32.onnx', TINY.segmentationB32());
  put('wespeaker-fbank.onnx', TINY.fbank());
  put('wespeaker-voxceleb-resnet34.onnx', TINY.fused());
  put('wespeaker-voxceleb-resnet34.onnx.data', 'weights');
  put('wespeaker-voxceleb-resnet34-b32.onnx', TINY.fusedB32());
  put('wespeaker-voxceleb-resnet34.min_num_samples.txt', '400\n');
  putSpeakrsPlda();
  const fused = await resolve({ model: folder });
  expect(fused.pipeline).toBe('community-1');
  expect(fused.parameters['clustering.threshold']).toBe(0.6);
  expect(names(fused.files)).toMatchObject({
    segmentation: 'segmentation-3.0.onnx',
    embedding: 'wespeaker-voxceleb-resnet34.onnx',
    'embedding-data': 'wespeaker-voxceleb-resnet34.onnx.data',
    'plda-lda': 'plda_lda.npy',
  });
  expect(fused.manifest.embedding).toEqual({ dimension: 256, fbankMean: 'window', minNumSamples: 400 });

  put('wespeaker-voxceleb-resnet34-tail.onnx', TINY.tail());
  expect(names((await resolve({ model: folder })).files)['embedding-tail']).toBe(
    'wespeaker-voxceleb-resnet34-tail.onnx',
  );
  put('wespeaker-multimask-tail.onnx', TINY.multimask());
  expect(names((await resolve({ model: folder })).files)['embedding-multimask']).toBe('wespeaker-multimask-tail.onnx');
});

test("community-1 takes its files from speakrs' own folder where SPEAKRS_MODELS_DIR names one", async () => {
  put('segmentation-3.0.onnx', TINY.segmentation());
  put('wespeaker-voxceleb-resnet34-tail.onnx', TINY.tail());
  putSpeakrsPlda();
  const { manifest, files } = await resolve({ model: 'community-1' }, { SPEAKRS_MODELS_DIR: folder });
  expect(manifest.name).toBe('community-1');
  expect(files.segmentation).toBe(join(folder, 'segmentation-3.0.onnx'));
  expect(files['plda-psi']).toBe(join(folder, 'plda_psi.npy'));
});

test('single files as sherpa-onnx and onnx-community publish them', async () => {
  const embedding = put('wespeaker_en_voxceleb_resnet34_LM.onnx', TINY.wespeaker());
  put('sherpa-onnx-pyannote-segmentation-3-0/model.onnx', TINY.sherpaSegmentation());
  put('pyannote-segmentation-3.0/onnx/model.onnx', TINY.onnxCommunitySegmentation());
  const sherpa = await resolve({ segmentation: join(folder, 'sherpa-onnx-pyannote-segmentation-3-0'), embedding });
  expect(sherpa.pipeline).toBe('3.1');
  expect(sherpa.manifest.files.segmentation?.tensors).toEqual({ waveform: 'x', scores: 'y' });
  expect(sherpa.manifest.powerset).toEqual({ numSpeakers: 3, maxSimultaneous: 2 });
  expect(sherpa.manifest.windowDuration).toBe(10);
  expect(names(sherpa.files)).toEqual({
    segmentation: 'model.onnx',
    'embedding-plain': 'wespeaker_en_voxceleb_resnet34_LM.onnx',
  });
  const community = await resolve({ segmentation: join(folder, 'pyannote-segmentation-3.0'), embedding });
  expect(community.manifest.files.segmentation?.tensors).toEqual({ waveform: 'input_values', scores: 'logits' });
});

test("pyannote's own PLDA files turn single files into community-1", async () => {
  const segmentation = put('s.onnx', TINY.segmentation());
  const embedding = put('e.onnx', TINY.fused());
  put('plda/plda.npz', writeNpz({ mu: doubles(128), tr: doubles(128, 128), psi: doubles(128) }));
  put('plda/xvec_transform.npz', writeNpz({ mean1: doubles(256), mean2: doubles(128), lda: doubles(256, 128) }));
  const { pipeline, files } = await resolve({ segmentation, embedding, plda: folder });
  expect(pipeline).toBe('community-1');
  const arrays = readPlda({
    plda: readFileSync(files.plda ?? ''),
    'plda-transform': readFileSync(files['plda-transform'] ?? ''),
  });
  expect(arrays.lda.length).toBe(256 * 128);
  expect((await resolve({ segmentation, embedding, plda: folder, pipeline: '3.1' })).pipeline).toBe('3.1');

  put('networks/segmentation.onnx', TINY.segmentation());
  put('networks/embedding.onnx', TINY.fused());
  const model = join(folder, 'networks');
  expect((await resolve({ model })).pipeline).toBe('3.1');
  expect((await resolve({ model, plda: folder })).pipeline).toBe('community-1');
});

test('a trunk brings the head beside it', async () => {
  const segmentation = put('s.onnx', TINY.segmentation());
  const embedding = put('my-trunk.fp16.onnx', TINY.trunk());
  await expect(resolve({ segmentation, embedding })).rejects.toThrow(
    'its second half (my-head.fp16.onnx) is not beside it',
  );
  put('my-head.fp16.onnx', TINY.head());
  const { files, manifest } = await resolve({ segmentation, embedding });
  expect(names(files)).toMatchObject({
    'embedding-trunk': 'my-trunk.fp16.onnx',
    'embedding-head': 'my-head.fp16.onnx',
  });
  expect(manifest.embedding?.dimension).toBe(192);
});

test("a file can stand in for one of a model's own, and takes the thresholds of its kind with it", async () => {
  const segmentation = put('s.onnx', TINY.segmentation());
  const other = await resolve({ model: 'embedded', segmentation });
  expect(other.manifest.name).toBe('embedded+files');
  expect(names(other.files)).toMatchObject({ segmentation: 's.onnx', 'embedding-head': 'embedding-head.fp16.onnx' });
  expect(other.parameters['clustering.threshold']).toBe(SHIPPED['3.1']['clustering.threshold']);
  const embedding = put('e.onnx', TINY.fused());
  const mixed = await resolve({ model: 'embedded', embedding });
  expect(Object.keys(mixed.files)).toEqual(['segmentation', 'embedding']);
  expect(mixed.parameters['clustering.threshold']).toBe(0.7045654963945799);
});

test('an ONNX file with other inputs says what was found and what was expected', async () => {
  const whisper = put('whisper.onnx', TINY.whisper());
  await expect(resolve({ segmentation: whisper, embedding: whisper })).rejects.toThrow(
    'whisper.onnx is not a segmentation network: it has mel float32 (b, 80, 3000) → hidden float32 (b, 1500, 384); expected',
  );
  const segmentation = put('s.onnx', TINY.segmentation());
  await expect(resolve({ segmentation, embedding: segmentation })).rejects.toThrow(
    's.onnx is not an embedding network',
  );
  await expect(resolve({ segmentation, embedding: put('f.onnx', TINY.fbank()) })).rejects.toThrow(
    'only computes features',
  );
  await expect(resolve({ segmentation: put('t.onnx', 'not onnx'), embedding: whisper })).rejects.toThrow(
    't.onnx is not an ONNX file, or is cut off.',
  );
});

test('what is missing is named', async () => {
  const segmentation = put('s.onnx', TINY.segmentation());
  const embedding = put('e.onnx', TINY.fused());
  await expect(resolve({ segmentation })).rejects.toThrow(
    'needs embedding, which local files does not have; give --embedding',
  );
  await expect(resolve({ segmentation, embedding, pipeline: 'community-1' })).rejects.toThrow(
    'give --plda or choose the 3.1',
  );
  await expect(resolve({ segmentation: join(folder, 'none.onnx'), embedding })).rejects.toThrow(
    'There is no file or folder',
  );
  mkdirSync(join(folder, 'empty'));
  await expect(resolve({ model: join(folder, 'empty') })).rejects.toThrow('has no ONNX file and no manifest.json');
  await expect(resolve({ segmentation, embedding, plda: join(folder, 'empty') })).rejects.toThrow('has no PLDA');
});

test('a model for speech to text is refused before it is fetched, with what it is for', async () => {
  await expect(resolve({ model: 'whisper-base' })).rejects.toMatchObject({
    code: 'model_invalid',
    message: 'The model whisper-base is for speech to text: diarist transcribe … --asr whisper-base.',
  });
});

test('PLDA arrays of another model are noticed', () => {
  const npz = writeNpz({
    mean1: doubles(192),
    mean2: doubles(128),
    lda: doubles(256, 128),
    mu: doubles(128),
    tr: doubles(128, 128),
    psi: doubles(128),
  });
  expect(() => readPlda({ plda: npz })).toThrow("'lda' is <f8 (256, 128) when floats (192, 128) are expected");
  expect(() => readPlda({ plda: writeNpz({ mean1: doubles(192) }) })).toThrow("lack 'psi'");
});
