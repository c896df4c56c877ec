import type { Tuned } from './tune.ts';

/** What a tuning run is worth, in a sentence or two for a person. */
export function verdict({ heldOut, before, after, metric, recordings }: Tuned): string {
  const shown = (rate: number): string => shownRate(metric, rate);
  if (heldOut === undefined)
    return (
      `On the recordings searched ${metric.name} goes from ${shown(before)} to ${shown(after)}. Nothing was held out, ` +
      'so nobody knows what that is worth on others: such a figure is always flattering.'
    );
  const { gain } = heldOut;
  const change = `from ${shown(heldOut.before)} to ${shown(heldOut.after)} on held-out recordings`;
  const interval = `${signed(metric, gain.low)} to ${signed(metric, gain.high)} with 90 % confidence`;
  const few = recordings.length < 20 ? ` With ${recordings.length} recordings even that interval is optimistic.` : '';
  if (heldOut.after >= heldOut.before)
    return `Tuning does not help: ${metric.name} goes ${change} (a gain of ${interval}). Keep the model's own parameters.`;
  if (gain.low > 0) return `Tuning helps: ${metric.name} goes ${change}, a gain of ${interval}.${few}`;
  return (
    `Tuning may help: ${metric.name} goes ${change}, but the gain, ${interval}, may be chance. ` +
    'More recordings would tell.'
  );
}

export function shownRate({ unit }: Tuned['metric'], rate: number): string {
  return unit === 'percent' ? `${(100 * rate).toFixed(2)} %` : rate.toFixed(2);
}

function signed({ unit }: Tuned['metric'], gain: number): string {
  const value = unit === 'percent' ? 100 * gain : gain;
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}${unit === 'percent' ? ' points' : ''}`;
}
