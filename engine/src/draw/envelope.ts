/**
 * The outline of a sound of any length: the least and the greatest sample of each of a bounded number of equal bins.
 * When the bins run out, neighbours are merged and each bin becomes twice as long, so that nothing has to be known
 * beforehand.
 *
 *   samples  ·:|:··:||:··:|··        bins of 4    [min max][min max][min max] …     then of 8, 16 …
 */
export interface Envelope {
  /** Samples in a bin; the last bin may hold fewer. */
  readonly binNumSamples: number;
  readonly numBins: number;
  /** `data[2 * bin]` least, `data[2 * bin + 1]` greatest. */
  readonly data: Float32Array;
}

export interface EnvelopeBuilder {
  add(samples: Float32Array): void;
  finish(): Envelope;
}

export function envelopeBuilder({
  maxBins = 1 << 17,
  binNumSamples: firstBin = 16,
}: {
  readonly maxBins?: number;
  readonly binNumSamples?: number;
} = {}): EnvelopeBuilder {
  if (!(maxBins >= 2 && maxBins % 2 === 0))
    throw new RangeError(`Got ${maxBins} bins when an even number was expected.`);
  const data = new Float32Array(2 * maxBins);
  let binNumSamples = firstBin;
  let numBins = 0; // full ones
  let inBin = 0;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;

  function close(): void {
    data[2 * numBins] = low;
    data[2 * numBins + 1] = high;
    numBins++;
    inBin = 0;
    low = Number.POSITIVE_INFINITY;
    high = Number.NEGATIVE_INFINITY;
  }

  function halve(): void {
    numBins /= 2;
    for (let bin = 0; bin < numBins; bin++) {
      data[2 * bin] = Math.min(data[4 * bin], data[4 * bin + 2]);
      data[2 * bin + 1] = Math.max(data[4 * bin + 1], data[4 * bin + 3]);
    }
    binNumSamples *= 2;
  }

  function add(samples: Float32Array): void {
    for (const sample of samples) {
      if (numBins === maxBins) halve(); // a bin is full only when another sample comes: at most maxBins at the end
      if (sample < low) low = sample;
      if (sample > high) high = sample;
      if (++inBin === binNumSamples) close();
    }
  }

  function finish(): Envelope {
    if (inBin > 0) {
      if (numBins === maxBins) halve();
      close();
    }
    return { binNumSamples, numBins, data: data.slice(0, 2 * numBins) };
  }

  return { add, finish };
}
