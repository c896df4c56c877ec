import { expect, test } from 'vitest';
import { DEFAULT_PARAMETERS, parameterNames, parametersAtStep, parseSettings } from './parameters.ts';

// config.yaml of pyannote/speaker-diarization-community-1 and -3.1.
test("the defaults are those of pyannote's published configurations", () => {
  expect(DEFAULT_PARAMETERS['community-1']).toMatchObject({
    segmentation_step: 0.1,
    'segmentation.min_duration_off': 0,
    'clustering.threshold': 0.6,
    'clustering.Fa': 0.07,
    'clustering.Fb': 0.8,
    embedding_exclude_overlap: true,
  });
  expect(DEFAULT_PARAMETERS['3.1']).toMatchObject({
    'clustering.threshold': 0.7045654963945799,
    'clustering.method': 'centroid',
    'clustering.min_cluster_size': 12,
    embedding_exclude_overlap: true,
  });
});

test("settings are read under pyannote's names", () => {
  expect(
    parseSettings('3.1', [
      'clustering.threshold=0.6',
      'clustering.method=average',
      'clustering.min_cluster_size=3',
      'embedding_exclude_overlap=False',
      'segmentation.min_duration_off = 0.5',
    ]),
  ).toEqual({
    'clustering.threshold': 0.6,
    'clustering.method': 'average',
    'clustering.min_cluster_size': 3,
    embedding_exclude_overlap: false,
    'segmentation.min_duration_off': 0.5,
  });
});

test('an unknown name is refused with the nearest and the list', () => {
  expect(() => parseSettings('3.1', ['clustering.treshold=0.6'])).toThrow(
    /no parameter 'clustering.treshold'\. Did you mean 'clustering.threshold'\? It has: segmentation_step, /,
  );
  for (const name of parameterNames('3.1')) expect(() => parseSettings('3.1', ['x=1'])).toThrow(name);
});

test('a knob of the other pipeline is unknown', () => {
  expect(() => parseSettings('3.1', ['clustering.Fa=0.1'])).toThrow(
    "The 3.1 pipeline has no parameter 'clustering.Fa'",
  );
  expect(parseSettings('community-1', ['clustering.Fa=0.1'])).toEqual({ 'clustering.Fa': 0.1 });
});

test.each([
  ['clustering.threshold', 'name=value is expected'],
  ['=0.5', 'name=value is expected'],
  ['clustering.threshold=high', 'clustering.threshold=high when a number of at least 0 is expected'],
  ['clustering.threshold=', 'when a number'],
  ['clustering.threshold=-1', 'of at least 0'],
  ['clustering.threshold=NaN', 'a number'],
  ['clustering.threshold=Infinity', 'a number'],
  ['segmentation_step=2', 'a number from 0.01 to 1'],
  ['clustering.min_cluster_size=2.5', 'a whole number of at least 1'],
  ['clustering.method=centre', 'one of average, centroid'],
  ['embedding_exclude_overlap=yes', 'true or false'],
])('%s is refused', (setting, message) => {
  expect(() => parseSettings('3.1', [setting])).toThrow(message);
});

test('a longer step asks for smaller clusters, never for larger ones or fewer than three', () => {
  const smallest = (size: number, longer: number): number =>
    parametersAtStep({ ...DEFAULT_PARAMETERS['3.1'], 'clustering.min_cluster_size': size }, longer)[
      'clustering.min_cluster_size'
    ];
  expect([smallest(12, 1), smallest(12, 0.96), smallest(12, 2), smallest(12, 10)]).toEqual([12, 12, 6, 3]);
  expect([smallest(3, 2), smallest(1, 2)]).toEqual([3, 1]);
});
