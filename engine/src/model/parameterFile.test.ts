import { expect, test } from 'vitest';
import { readParameterFile } from './parameterFile.ts';

test('names with dots, pyannote’s nested form and a wrapper with the pipeline all give settings', () => {
  const settings = ['clustering.threshold=0.71', 'segmentation.min_duration_off=0.1', 'clustering.method=average'];
  const flat = {
    'clustering.threshold': 0.71,
    'segmentation.min_duration_off': 0.1,
    'clustering.method': 'average',
  };
  const nested = {
    clustering: { threshold: 0.71 },
    segmentation: { min_duration_off: 0.1 },
    'clustering.method': 'average',
  };
  expect(readParameterFile(JSON.stringify(flat), 'p.json')).toEqual({ settings });
  expect(readParameterFile(JSON.stringify({ params: nested }), 'p.json')).toEqual({ settings });
  expect(readParameterFile(JSON.stringify({ pipeline: '3.1', score: 9, parameters: nested }), 'p.json')).toEqual({
    pipeline: '3.1',
    settings,
  });
});

test('what is not such a file is refused with its name', () => {
  expect(() => readParameterFile('{', 'p.json')).toThrow(/^p\.json: is not JSON: /);
  expect(() => readParameterFile('[1]', 'p.json')).toThrow('p.json: holds no object of parameters');
  expect(() => readParameterFile('{"clustering":{"threshold":[1]}}', 'p.json')).toThrow(
    'p.json: clustering.threshold: got [1] when a number, a word, true or false was expected',
  );
  expect(() => readParameterFile('{"pipeline":"community1"}', 'p.json')).toThrow("Did you mean 'community-1'?");
});
