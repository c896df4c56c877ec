import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { Annotation } from '../../core/annotation.ts';
import { ahcClustering } from '../../diarize/ahc.ts';
import { diarizeSpeech } from '../../diarize/diarize.ts';
import type { LocalSpeech } from '../../diarize/localSpeech.ts';
import { parseRttm } from '../../formats/rttm.ts';
import { parseUem } from '../../formats/uem.ts';
import { der, diarizationErrorRate } from '../../metrics/der.ts';
import { jer } from '../../metrics/jer.ts';
import { DEFAULT_PARAMETERS, type Parameters } from '../../model/parameters.ts';
import { decodeSpeech } from '../../node/tune/speechFile.ts';
import { type TuningRecording, totalOf, tuningObjective } from './objective.ts';
import { tuningPage } from './reportHtml.ts';
import { tuningMarkdown } from './reportMarkdown.ts';
import { searchSpace, startOf } from './tunable.ts';
import { type TuneOptions, tune } from './tune.ts';
import { verdict } from './verdict.ts';

const URIS = ['dev00', 'trn00', 'trn03', 'trn06', 'trn08', 'trn09'];
const fixture = (name: string) => new URL(`../../../../fixtures/tune/${name}`, import.meta.url);

/** The embedded model's own values. */
const parameters: Parameters = {
  ...DEFAULT_PARAMETERS['3.1'],
  'clustering.threshold': 0.75,
  'clustering.min_cluster_size': 3,
  'clustering.constrained_assignment': true,
};
const model = { pipeline: '3.1', parameters, powerset: true } as const;
const heard = URIS.map((uri): LocalSpeech => decodeSpeech(readFileSync(fixture(`${uri}.speech`)))!);
const recordings = URIS.map(
  (uri, i): TuningRecording => ({
    uri,
    reference: parseRttm(readFileSync(fixture(`${uri}.rttm`), 'utf8'))[0],
    uem: parseUem(readFileSync(fixture(`${uri}.uem`), 'utf8'))[0].timeline,
    speech: async () => heard[i],
  }),
);
const space = searchSpace(model);
const start = startOf(space, parameters);
const everyone = URIS.map((_, i) => i);

/** The pipeline on what was heard, without anything that tuning keeps between calls. */
function turnsWith(speech: LocalSpeech, set: Partial<Parameters>): Annotation {
  const all = { ...parameters, ...set };
  const clustering = ahcClustering({
    threshold: all['clustering.threshold'],
    minClusterSize: all['clustering.min_cluster_size'],
    constrained: true,
  });
  return diarizeSpeech(
    speech,
    { clustering, label: { name: '', version: '', licence: '' } },
    { minDurationOff: all['segmentation.min_duration_off'] },
  );
}

test("at the model's own values the objective is what the whole pipeline scores", async () => {
  const objective = tuningObjective(recordings, model, { metric: der });
  const { files } = await totalOf(objective, start, everyone);
  // docs/accuracy.md, where pyannote.metrics 4.2.0 gave the same totals
  expect(files.map((file) => (100 * der.rate(file)).toFixed(1))).toEqual([
    '56.0',
    '57.4',
    '4.8',
    '17.8',
    '39.8',
    '14.1',
  ]);
});

test('what is kept between parameter sets changes nothing', async () => {
  const objective = tuningObjective(recordings, model, { metric: der, scoring: { collar: 0.5 } });
  for (const [threshold, size, gap] of [
    [0.6, 1, 0],
    [0.9, 12, 0.5],
    [1.25, 3, 1],
    [0.6, 2, 0.1],
  ]) {
    const point = {
      'clustering.threshold': threshold,
      'clustering.min_cluster_size': size,
      'segmentation.min_duration_off': gap,
    };
    for (const i of everyone) {
      const { reference, uem } = recordings[i];
      const alone = diarizationErrorRate(reference, turnsWith(heard[i], point), { uem, collar: 0.5 });
      const { total, confusion, falseAlarm, missedDetection } = alone;
      expect(await objective.components(point, i)).toMatchObject({ total, confusion, falseAlarm, missedDetection });
    }
  }
});

/** References that the pipeline makes itself with other parameters: there is something to find, and it is known. */
function planted(set: Partial<Parameters>): TuningRecording[] {
  return recordings.map((one, i) => ({ ...one, reference: turnsWith(heard[i], set) }));
}

test('parameters that made the references are found, and help on recordings that the search did not see', async () => {
  const objective = tuningObjective(planted({ 'segmentation.min_duration_off': 0.6 }), model, { metric: der });
  const tuned = await tune(objective, space, start, { trials: 60, folds: 3 });
  expect(tuned.before).toBeGreaterThan(0.02);
  expect(tuned.after).toBeLessThan(tuned.before / 2);
  expect(tuned.heldOut!.after).toBeLessThan(tuned.heldOut!.before);
  expect(tuned.heldOut!.before).toBeCloseTo(tuned.before, 12); // every recording is held out once
  expect(tuned.recommended).toEqual(tuned.best);
  expect(verdict(tuned)).toMatch(/^Tuning (helps|may help): diarization error rate goes from \d/);
});

test("where the model's own values are best they stay, and the verdict says so", async () => {
  const tuned = await tune(tuningObjective(planted({}), model, { metric: der }), space, start, {
    trials: 25,
    folds: 3,
  });
  expect([tuned.before, tuned.after]).toEqual([0, 0]);
  expect(tuned.best).toEqual(start);
  expect(tuned.recommended).toBe(start);
  expect(verdict(tuned)).toMatch(/^Tuning does not help: .*Keep the model's own parameters\.$/);
});

test('a worse result on held-out recordings is not recommended, whatever it was on the searched ones', async () => {
  // One parameter set is right for each half: what suits the searched half is wrong for the other.
  const mixed = planted({ 'segmentation.min_duration_off': 0.9 }).map((one, i) => (i % 2 ? one : planted({})[i]));
  const objective = tuningObjective(mixed, model, { metric: der });
  const tuned = await tune(objective, space, start, { trials: 30, folds: 6 });
  expect(tuned.after).toBeLessThanOrEqual(tuned.before);
  const better = tuned.heldOut!.after < tuned.heldOut!.before;
  expect(tuned.recommended).toEqual(better ? tuned.best : start);
});

test('stopped after any trial and gone on from the list of trials, the result is the same', async () => {
  const run = (options: TuneOptions) =>
    tune(tuningObjective(recordings, model, { metric: jer }), space, start, options);
  const log: { study: string; point: object; loss: number }[] = [];
  const whole = await run({ trials: 12, folds: 2, onTrial: ({ study, trial }) => log.push({ study, ...trial }) });
  expect(log.length).toBe(36);
  for (const after of [1, 12, 17, 30, 36]) {
    const kept = JSON.parse(JSON.stringify(log.slice(0, after))) as typeof log; // as from a file
    let numMade = 0;
    const rest = await run({
      trials: 12,
      folds: 2,
      history: (study) =>
        kept.filter((one) => one.study === study).map(({ point, loss }) => ({ point: point as never, loss })),
      onTrial: ({ done, total }) => {
        numMade++;
        expect(done).toBeLessThanOrEqual(total);
      },
    });
    expect(numMade).toBe(36 - after);
    expect(rest).toEqual(whole);
  }
});

test('without folds nothing is claimed', async () => {
  const tuned = await tune(tuningObjective(recordings, model, { metric: der }), space, start, { trials: 5, folds: 0 });
  expect(tuned.heldOut).toBeUndefined();
  expect(verdict(tuned)).toContain('Nothing was held out');
});

test('a network that gives probabilities is heard at each onset tried, no others', async () => {
  const asked = new Set<number>();
  const listening = recordings.map((one, i) => ({
    ...one,
    speech: async (onset: number) => {
      asked.add(onset);
      return heard[i];
    },
  }));
  const soft = { ...model, powerset: false };
  const onsets = searchSpace(soft, ['segmentation.threshold']);
  const objective = tuningObjective(listening, soft, { metric: der });
  await tune(objective, onsets, startOf(onsets, parameters), { trials: 8, folds: 0 });
  expect([...asked].sort()).toEqual([0.3, 0.4, 0.5, 0.6, 0.7]);
});

test('both reports hold the verdict, every parameter, its curve and every recording', async () => {
  const tuned = await tune(tuningObjective(recordings, model, { metric: der }), space, start, { trials: 20, folds: 2 });
  const context = { uris: [...URIS.slice(0, 5), '<b>|'], facts: ['Model embedded'] };
  const markdown = tuningMarkdown(tuned, context);
  const page = tuningPage(tuned, context);
  for (const name of Object.keys(start)) {
    expect(markdown).toContain(`### ${name}`);
    expect(page).toContain(`<figcaption>${name}</figcaption>`);
  }
  expect(markdown).toContain(verdict(tuned));
  expect(markdown).toContain('| <b>\\| |');
  expect(page).toContain('&lt;b&gt;|');
  expect(page).not.toMatch(/<b>|NaN|undefined|https?:/);
  expect(markdown).not.toMatch(/NaN|undefined/);
  // The best value is a point of its curve, and the lowest of it is no higher than the best trial.
  for (const { name, points } of tuned.curves) {
    expect(points.length).toBeGreaterThan(10);
    expect(Math.min(...points.map(({ loss }) => loss))).toBeLessThanOrEqual(tuned.after + 1e-3);
    expect(name in tuned.best).toBe(true);
  }
});
