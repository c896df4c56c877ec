/**
 * NaN and ±Infinity in float recordings (broken exports have them) would spread through every later stage: one NaN
 * makes a whole ten-second window NaN. They become 0, in place; the count goes into a warning.
 */
export function zeroNonFinite(samples: Float32Array): number {
  let count = 0;
  for (let i = 0; i < samples.length; i++) {
    if (samples[i] - samples[i] !== 0) {
      samples[i] = 0;
      count++;
    }
  }
  return count;
}
