import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { annotation, type Row } from '../../test/rows.ts';
import { der, greedyDer } from './der.ts';
import { evaluate } from './evaluated.ts';
import type { Metric } from './metric.ts';

// Every figure of pyannote.metrics 4.2.0 on 47 files, to 1e-9. Where it comes from: fixtures/metrics/README.md.

interface Case {
  readonly name: string;
  readonly reference: readonly Row[];
  readonly hypothesis: readonly Row[];
  readonly uem: readonly (readonly [number, number])[] | null;
  readonly expected: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const file = new URL('../../../fixtures/metrics/pyannote-metrics-4.2.0.json.gz', import.meta.url);
const golden = JSON.parse(gunzipSync(readFileSync(file)).toString()) as { readonly cases: readonly Case[] };

/** pyannote's class, our metric, and pyannote's names of our components. */
const METRICS: Record<string, [metric: Metric, names: Record<string, string>]> = {
  DiarizationErrorRate: [der, errorNames()],
  GreedyDiarizationErrorRate: [greedyDer, errorNames()],
};

describe.each(Object.keys(METRICS))('%s', (className) => {
  test.each(golden.cases)('$name', ({ reference, hypothesis, uem, expected }) => {
    let numFigures = 0;
    for (const [key, figures] of Object.entries(expected)) {
      if (key.split('|')[0] !== className) continue;
      const [metric, names] = METRICS[className];
      const options = {
        collar: Number(/collar=([\d.]+)/.exec(key)?.[1] ?? 0),
        skipOverlap: key.includes('skip_overlap=True'),
        ...(uem ? { uem: uem.map(([start, end]) => ({ start, end })) } : {}),
      };
      const components = metric.measure(evaluate(annotation(reference), annotation(hypothesis), options));
      for (const [name, figure] of Object.entries(figures)) {
        const got = name in names ? components[names[name]] : metric.rate(components);
        expect(Math.abs(got - figure), `${key} ${name}: got ${got}, pyannote ${figure}`).toBeLessThan(1e-9);
        numFigures++;
      }
    }
    expect(numFigures).toBeGreaterThan(0);
  });
});

function errorNames(): Record<string, string> {
  return {
    total: 'total',
    correct: 'correct',
    confusion: 'confusion',
    'missed detection': 'missedDetection',
    'false alarm': 'falseAlarm',
  };
}
