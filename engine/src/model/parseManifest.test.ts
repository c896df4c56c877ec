import { expect, test } from 'vitest';
import { ModelError } from '../core/errors.ts';
import { parametersOf } from './manifest.ts';
import { parseManifest } from './parseManifest.ts';

const valid = {
  format: 1,
  name: 'mine',
  version: '2024-11',
  description: 'A test',
  pipeline: '3.1',
  embedding: { dimension: 256, fbankMean: 'window' },
  files: {
    segmentation: { path: 'segmentation.onnx', sha256: 'ab'.repeat(32) },
    embedding: { path: 'sub/embedding.onnx', source: { repo: 'someone/models', path: 'embedding.onnx' } },
  },
  parameters: { '3.1': { 'clustering.threshold': 0.6 } },
  licences: [{ id: 'MIT', commercial: true, attribution: 'Someone' }],
};
const SHARED = { subsampling: 4, margin: 80 };
const LIKENESS = { slope: 16, middle: 0.4, half: 1, same: 2, other: 3 };
const with_ = (change: object): unknown => ({ ...valid, ...change });
const withFile = (role: string, file: object): unknown => with_({ files: { ...valid.files, [role]: file } });

test('what may be left out has its usual value', () => {
  const manifest = parseManifest(valid);
  expect(manifest).toMatchObject({ task: 'diarization', sampleRate: 16000, windowDuration: 10 });
  expect(manifest.embedding?.minNumSamples).toBe(400);
  expect(manifest.files.embedding?.source?.revision).toBe('main');
});

test('what turns tell is read where the trunk hears a stretch', () => {
  const manifest = parseManifest(with_({ embedding: { fbankMean: 'recording', shared: SHARED, turns: LIKENESS } }));
  expect(manifest.embedding).toMatchObject({ shared: SHARED, turns: LIKENESS });
});

test("a model's parameters stand between the defaults and the user's", () => {
  const manifest = parseManifest(valid);
  expect(parametersOf(manifest, '3.1')).toMatchObject({
    'clustering.threshold': 0.6,
    'clustering.min_cluster_size': 12,
  });
  expect(parametersOf(manifest, '3.1', { 'clustering.threshold': 0.5 })['clustering.threshold']).toBe(0.5);
  expect(parametersOf(manifest, 'community-1')['clustering.threshold']).toBe(0.6);
});

test.each([
  ['a list', [], 'm.json: the file: Got [] when an object is expected.'],
  ['another format', with_({ format: 2 }), 'm.json: format: Got 2 when 1 is expected.'],
  ['a misspelt key', with_({ licenses: [] }), "licenses: This key has no meaning. Did you mean 'licences'?"],
  ['no name', with_({ name: undefined }), 'name: Got nothing when small letters'],
  ['a name with a space', with_({ name: 'my model' }), "name: Got 'my model'"],
  ['an unknown task', with_({ task: 'diarisation' }), "task: Got 'diarisation' when one of diarization"],
  ['an unknown role', withFile('segmentaion', { path: 'x' }), "Did you mean 'segmentation'?"],
  [
    'a curve that falls',
    with_({
      confidence: {
        frame: [
          [0, 0.5],
          [1, 0.4],
        ],
        turn: [[0, 1]],
        speaker: [[0, 1]],
        origin: 'a test',
      },
    }),
    'confidence.frame[1]: Got [1,0.4] when pairs of numbers from 0 to 1, both rising is expected.',
  ],
  ['a curve of nothing', with_({ confidence: { frame: [] } }), 'confidence.frame: Got '],
  [
    'likeness of turns where the trunk hears no stretch',
    with_({ embedding: { fbankMean: 'window', turns: LIKENESS } }),
    'embedding.shared: Got nothing when it beside embedding.turns is expected.',
  ],
  [
    'half a likeness of turns',
    with_({ embedding: { fbankMean: 'window', shared: SHARED, turns: { ...LIKENESS, other: undefined } } }),
    'embedding.turns.other: Got nothing when a number of at least 0 is expected.',
  ],
  ['a short hash', withFile('plda', { path: 'p.npz', sha256: 'abc' }), "files.plda.sha256: Got 'abc' when 64 hex"],
  ['a negative size', withFile('plda', { path: 'p.npz', size: -1 }), 'files.plda.size: Got -1'],
  ['a path out of the folder', withFile('plda', { path: '../../etc/passwd' }), 'files.plda.path: Got'],
  ['an absolute path', withFile('plda', { path: '/etc/passwd' }), 'files.plda.path: Got'],
  ['a Windows path', withFile('plda', { path: 'C:\\x' }), 'files.plda.path: Got'],
  ['a strange repository', withFile('plda', { path: 'p', source: { repo: '../x', path: 'p' } }), 'source.repo'],
  [
    'a strange revision',
    withFile('plda', { path: 'p', source: { repo: 'a/b', revision: '../x', path: 'p' } }),
    'revision',
  ],
  [
    'a bad parameter',
    with_({ parameters: { '3.1': { 'clustering.treshold': 1 } } }),
    "Did you mean 'clustering.threshold'?",
  ],
  ['a text for a number', with_({ windowDuration: '10' }), "windowDuration: Got '10' when a number above 0"],
  ['too many at once', with_({ powerset: { numSpeakers: 2, maxSimultaneous: 3 } }), 'powerset.maxSimultaneous: Got 3'],
  ['no licence', with_({ licences: [] }), 'licences: Got'],
  ['a licence without a decision', with_({ licences: [{ id: 'X', attribution: 'y' }] }), 'licences[0].commercial'],
  ['no embedding file', with_({ files: { segmentation: { path: 's.onnx' } } }), 'when also embedding is expected'],
  ['no PLDA for VBx', with_({ pipeline: 'community-1' }), 'when also plda is expected'],
])('a manifest with %s is refused, naming the key', (_, json, message) => {
  expect(() => parseManifest(json, 'm.json')).toThrow(message);
  expect(() => parseManifest(json, 'm.json')).toThrow(ModelError);
});
