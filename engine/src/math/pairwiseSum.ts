/**
 * The sum of an array rounded as NumPy's `np.sum` rounds a contiguous one: eight running sums in blocks of up to 128
 * numbers, blocks added in pairs (numpy/_core/src/umath/loops_utils.h.src `pairwise_sum`, NumPy 2.4).
 */
export function pairwiseSum(values: Float64Array): number {
  return sumRange(values, 0, values.length);
}

function sumRange(values: Float64Array, from: number, count: number): number {
  if (count < 8) {
    let sum = 0;
    for (let i = from; i < from + count; i++) sum += values[i];
    return sum;
  }
  if (count > 128) {
    const half = Math.floor(count / 2);
    const first = half - (half % 8);
    return sumRange(values, from, first) + sumRange(values, from + first, count - first);
  }
  const r = values.slice(from, from + 8);
  let i = 8;
  for (; i < count - (count % 8); i += 8) {
    for (let lane = 0; lane < 8; lane++) r[lane] += values[from + i + lane];
  }
  let sum = r[0] + r[1] + (r[2] + r[3]) + (r[4] + r[5] + (r[6] + r[7]));
  for (; i < count; i++) sum += values[from + i];
  return sum;
}
