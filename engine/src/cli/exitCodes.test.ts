import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { AudioError, FormatError, InferenceError, ModelError, OutputError } from '../core/errors.ts';
import { EXIT_CODES, exitCodeOf } from './exitCodes.ts';

test('each kind of error has its exit code', () => {
  expect(
    [
      new AudioError('audio_not_found', ''),
      new AudioError('audio_unreadable', ''),
      new AudioError('audio_empty', ''),
      new ModelError('model_unknown', ''),
      new ModelError('model_licence', ''),
      new ModelError('hub_offline', ''),
      new InferenceError('device_unavailable', ''),
      new FormatError(''),
      new OutputError('output_full', ''),
      new RangeError('Got channel 3 when the recording has 1.'),
      new TypeError('Got a gopher: URL when http: was expected.'),
    ].map(exitCodeOf),
  ).toEqual([3, 3, 4, 5, 6, 7, 8, 9, 10, 2, 2]);
});

test('what JavaScript itself throws is a bug of ours, not of the user', () => {
  const thrown = (run: () => unknown): unknown => {
    try {
      return run();
    } catch (error) {
      return error;
    }
  };
  const deep = (): unknown => deep();
  const errors = [
    thrown(() => new Array(-1)),
    thrown(() => new Float32Array(-1)),
    thrown(() => 'x'.repeat(2 ** 31)),
    thrown(() => (1.5).toFixed(200)),
    thrown(() => new DataView(new ArrayBuffer(1)).getInt32(0)),
    thrown(() => new Date(Number.NaN).toISOString()),
    thrown(() => new Float32Array(new ArrayBuffer(3))),
    thrown(() => Buffer.alloc(1).readInt32LE(0)),
    thrown(deep),
    thrown(() => (undefined as unknown as string).length),
    new Error('?'),
    'a string',
  ];
  expect(errors.map(exitCodeOf)).toEqual(errors.map(() => 1));
});

test('the table in the docs is the table of the program', () => {
  const docs = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');
  const rows = [...docs.matchAll(/^\| (\d+) \| (.*) \|$/gm)].map(([, code, meaning]) => [Number(code), meaning]);
  expect(rows).toEqual(EXIT_CODES.map(([code, meaning]) => [code, meaning]));
});
