import { expect, test } from 'vitest';
import { DEFAULT_PARAMETERS } from '../../model/parameters.ts';
import { makeFolds } from './folds.ts';
import { searchSpace, startOf, type TunableModel } from './tunable.ts';

const vbx: TunableModel = {
  pipeline: 'community-1',
  parameters: DEFAULT_PARAMETERS['community-1'],
  powerset: true,
};
const ahc: TunableModel = { pipeline: '3.1', parameters: DEFAULT_PARAMETERS['3.1'], powerset: true };
const names = (model: TunableModel, wanted?: readonly string[]) => searchSpace(model, wanted).map(({ name }) => name);

test('each pipeline has its own parameters, and onset only where the network gives probabilities', () => {
  expect(names(vbx)).toEqual([
    'clustering.threshold',
    'clustering.Fa',
    'clustering.Fb',
    'segmentation.min_duration_off',
  ]);
  expect(names(ahc)).toEqual(['clustering.threshold', 'clustering.min_cluster_size', 'segmentation.min_duration_off']);
  expect(names({ ...ahc, powerset: false })).toContain('segmentation.threshold');
});

test('the search starts at the values of the model, which are always within the bounds', () => {
  const parameters = { ...ahc.parameters, 'clustering.threshold': 1.9, 'clustering.min_cluster_size': 40 };
  const space = searchSpace({ ...ahc, parameters });
  expect(space[0]).toMatchObject({ low: 0.3, high: 1.9 });
  expect(space[1]).toMatchObject({ low: 1, high: 40 });
  expect(startOf(space, parameters)).toEqual({
    'clustering.threshold': 1.9,
    'clustering.min_cluster_size': 40,
    'segmentation.min_duration_off': 0,
  });
});

test('bounds can be given', () => {
  expect(searchSpace(ahc, ['clustering.threshold=0.6:0.8'])[0]).toMatchObject({ low: 0.6, high: 0.8 });
  for (const bounds of ['0.8:0.6', '0.6', 'NaN:1', '0.6:', '1:2:3', '0:Infinity', '-1:1'])
    expect(() => searchSpace(ahc, [`clustering.threshold=${bounds}`])).toThrow(`Got the bounds '${bounds}'`);
  expect(() => searchSpace(ahc, ['clustering.min_cluster_size=1:2.5'])).toThrow("Got the bounds '1:2.5'");
  expect(() => searchSpace(ahc, ['clustering.method=1:2'])).toThrow('which is one of average, centroid');
});

test('what can not be tuned is refused with the nearest name or the reason', () => {
  expect(() => searchSpace(vbx, ['clustering.treshold'])).toThrow("Did you mean 'clustering.threshold'?");
  expect(() => searchSpace(ahc, ['clustering.Fa'])).toThrow("The 3.1 pipeline has no parameter 'clustering.Fa'");
  expect(() => searchSpace(ahc, ['segmentation.threshold'])).toThrow('gives sets of speakers, not probabilities');
  expect(() => searchSpace(ahc, ['segmentation_step'])).toThrow('changes what the networks hear');
  expect(() => searchSpace(ahc, [])).toThrow('Got no parameters to tune');
  expect(() => searchSpace(ahc, ['clustering.threshold', 'clustering.threshold=0:1'])).toThrow('twice');
});

test('folds hold out each recording once, and differ by one at most', () => {
  const folds = makeFolds(11, 3, 1);
  expect(folds.map(({ length }) => length)).toEqual([4, 4, 3]);
  expect(folds.flat().sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(makeFolds(11, 3, 1)).toEqual(folds);
  expect(makeFolds(11, 3, 2)).not.toEqual(folds);
  expect(() => makeFolds(2, 3, 1)).toThrow('Got 3 folds when there are 2 recordings');
  expect(() => makeFolds(1, 2, 1)).toThrow('there is 1 recording:');
  expect(() => makeFolds(5, 1, 1)).toThrow('Got 1 folds');
});
