import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { inspectModel } from '../model/onnx/inspect.ts';
import { modelsQuantizeCommand } from './modelsQuantize.ts';
import { modelsSplitCommand } from './modelsSplit.ts';

const model = fileURLToPath(new URL('../../../fixtures/models/seedA-small/embedding-tail.onnx', import.meta.url));

let folder = '';
let printed = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'diarist-models-'));
  printed = '';
});
afterEach(() => rmSync(folder, { recursive: true }));

const out = (text: string): void => {
  printed += text;
};
const split = (...args: string[]) => modelsSplitCommand({ out }).parseAsync(args, { from: 'user' });
const quantize = (...args: string[]) => modelsQuantizeCommand({ out }).parseAsync(args, { from: 'user' });

/** A WAV file of 16-bit samples: tones that move, so that no two stretches are alike. */
function writeTones(path: string, seconds: number): void {
  const numSamples = 16000 * seconds;
  const wav = Buffer.alloc(44 + 2 * numSamples);
  wav.write('RIFF', 0);
  wav.writeUInt32LE(36 + 2 * numSamples, 4);
  wav.write('WAVEfmt ', 8);
  wav.writeUInt32LE(16, 16);
  wav.writeUInt16LE(1, 20);
  wav.writeUInt16LE(1, 22);
  wav.writeUInt32LE(16000, 24);
  wav.writeUInt32LE(32000, 28);
  wav.writeUInt16LE(2, 32);
  wav.writeUInt16LE(16, 34);
  wav.write('data', 36);
  wav.writeUInt32LE(2 * numSamples, 40);
  for (let i = 0; i < numSamples; i++)
    wav.writeInt16LE(Math.round(9000 * Math.sin(i * (0.02 + i * 4e-7)) + 3000 * Math.sin(i * i * 0.3)), 44 + 2 * i);
  writeFileSync(path, wav);
}

test('an embedding network becomes a trunk and a head that were run against it', async () => {
  await split(model, '-o', join(folder, 'parts'), '--json');
  const { files, cutAt, difference } = JSON.parse(printed);
  expect(difference).toBe(0);
  expect(cutAt).toBe('/Reshape_output_0');
  expect(readdirSync(join(folder, 'parts')).sort()).toEqual(['embedding-tail-head.onnx', 'embedding-tail-trunk.onnx']);
  expect(inspectModel(readFileSync(files['embedding-trunk'])).outputs[0].name).toBe('features');
});

test('what was done is said in words', async () => {
  await split(model, '-o', folder);
  expect(printed).toContain('fbank [batch, frames, 80] → features [batch, 640, feature_steps], 333,296 parameters');
  expect(printed).toContain('Trunk and head differ from the whole by 0 of an embedding.');
});

test('a file that is no model leaves nothing behind', async () => {
  const bad = join(folder, 'bad.onnx');
  writeFileSync(bad, '<!doctype html>');
  await expect(split(bad)).rejects.toThrow('Not a whole ONNX file');
  await expect(split(join(folder, 'none.onnx'))).rejects.toThrow(/Can't read the model .*none\.onnx \(ENOENT\)/);
  expect(readdirSync(folder)).toEqual(['bad.onnx']);
});

test('halves are written and measured on the sound given', async () => {
  const [wav, output] = [join(folder, 'tones.wav'), join(folder, 'half.onnx')];
  writeTones(wav, 40);
  await quantize(model, '--fp16', '--audio', wav, '-o', output, '--json');
  const { bytes, bytesBefore, report } = JSON.parse(printed);
  expect(readFileSync(output)).toHaveLength(bytes);
  expect(bytes / bytesBefore).toBeLessThan(0.51);
  expect(report.numWindows).toBe(4);
  expect(report.embeddings.cosine.smallest).toBeGreaterThan(0.999);
});

test('8 bits are calibrated on half of the sound and measured on the other', async () => {
  const [wav, output] = [join(folder, 'tones.wav'), join(folder, 'int8.onnx')];
  writeTones(wav, 60);
  await quantize(model, '--int8', '--audio', wav, '-o', output);
  expect(printed).toContain('On 3 stretches of 10 s that the ranges were not taken from:');
  expect(printed).toContain('cosine to the original');
  expect(inspectModel(readFileSync(output)).operations['QuantizeLinear']).toBeGreaterThan(36);
});

test('8 bits without sound, or with too little, are refused', async () => {
  await expect(quantize(model)).rejects.toThrow('Say one of --fp16 and --int8');
  await expect(quantize(model, '--int8')).rejects.toThrow('give recordings with --audio');
  const [wav, output] = [join(folder, 'short.wav'), join(folder, 'int8.onnx')];
  writeTones(wav, 12);
  await expect(quantize(model, '--int8', '--audio', wav, '-o', output)).rejects.toThrow('Got 2 windows of sound');
  expect(existsSync(output)).toBe(false);
});
