/**
 * Which channels of a recording are the same sound: those whose correlation is above 0.999, whatever their gain
 * (SPEC 8). Sums only, so a day of audio is looked at in one pass; two silent channels are the same.
 *
 *   r = (n Σxy - Σx Σy) / sqrt((n Σx² - (Σx)²) (n Σy² - (Σy)²))
 */
export interface ChannelSums {
  readonly numChannels: number;
  n: number;
  readonly sums: Float64Array;
  /** products[a * numChannels + b] */
  readonly products: Float64Array;
}

export function startSums(numChannels: number): ChannelSums {
  return {
    numChannels,
    n: 0,
    sums: new Float64Array(numChannels),
    products: new Float64Array(numChannels * numChannels),
  };
}

export function addBlock(sums: ChannelSums, block: readonly Float32Array[]): void {
  const { numChannels } = sums;
  sums.n += block[0].length;
  for (let a = 0; a < numChannels; a++) {
    const x = block[a];
    let total = 0;
    for (let i = 0; i < x.length; i++) total += x[i];
    sums.sums[a] += total;
    for (let b = a; b < numChannels; b++) {
      const y = block[b];
      let product = 0;
      for (let i = 0; i < x.length; i++) product += x[i] * y[i];
      sums.products[a * numChannels + b] += product;
    }
  }
}

const SAME = 0.999;
/** Mean power below this (-120 dB) is silence. */
const SILENT = 1e-12;

/** The first channel of every group of equal ones, in order. */
export function distinctChannels({ numChannels, n, sums, products }: ChannelSums): number[] {
  const spread = (a: number) => products[a * numChannels + a] - (sums[a] * sums[a]) / n;
  const silent = (a: number) => spread(a) <= SILENT * n;
  const same = (a: number, b: number) => {
    if (silent(a) || silent(b)) return silent(a) && silent(b);
    const shared = products[a * numChannels + b] - (sums[a] * sums[b]) / n;
    return shared / Math.sqrt(spread(a) * spread(b)) > SAME;
  };
  const distinct: number[] = [];
  for (let c = 0; c < numChannels; c++) if (!distinct.some((first) => same(first, c))) distinct.push(c);
  return distinct;
}
