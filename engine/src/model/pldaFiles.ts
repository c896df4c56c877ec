import { ModelError } from '../core/errors.ts';
import { PLDA_ARRAY_ROLES, type Role } from './manifest.ts';
import { type NpyArray, readNpy, readNpz } from './npy.ts';
import type { PldaArrays } from './plda.ts';

/**
 * The six PLDA arrays from the files in which people publish them:
 *   pyannote   xvec_transform.npz {mean1, mean2, lda} + plda.npz {mu, tr, psi}
 *   speakrs    plda_mean1.npy … plda_psi.npy, one array each
 *   ours       plda.npz {mean1, lda, mean2, plda_mu, plda_tr, plda_psi}
 * in float32 or float64. Shapes are checked against each other, so that a file of another model is noticed.
 */
export function readPlda(files: Readonly<Partial<Record<Role, Uint8Array>>>): PldaArrays {
  const arrays: Record<string, NpyArray> = {};
  for (const role of PLDA_ARRAY_ROLES) {
    const bytes = files[role];
    if (bytes !== undefined) arrays[role.slice('plda-'.length)] = readNpy(bytes, role);
  }
  for (const role of ['plda-transform', 'plda'] as const) {
    const bytes = files[role];
    if (bytes === undefined) continue;
    for (const [name, array] of Object.entries(readNpz(bytes, { name: role }))) {
      arrays[name.replace(/^plda_/, '')] = array;
    }
  }
  const mean1 = vector('mean1');
  const psi = vector('psi');
  const [from, to] = [mean1.length, psi.length];
  return {
    mean1,
    lda: doubles('lda', [from, to]),
    mean2: doubles('mean2', [to]),
    mu: doubles('mu', [to]),
    tr: doubles('tr', [to, to]),
    psi,
  };

  function vector(name: string): Float64Array {
    return doubles(name, [arrays[name]?.data.length ?? 0]);
  }

  function doubles(name: string, shape: readonly number[]): Float64Array {
    const array = arrays[name];
    if (array === undefined) {
      const found = Object.keys(arrays).join(', ') || 'no array';
      throw new ModelError(
        'model_invalid',
        `The PLDA files lack '${name}': mean1, mean2, lda, mu, tr and psi are needed, ${found} found.`,
      );
    }
    const fits = array.shape.length === shape.length && array.shape.every((size, axis) => size === shape[axis]);
    if (!fits || !(array.data instanceof Float32Array || array.data instanceof Float64Array)) {
      throw new ModelError(
        'model_invalid',
        `The PLDA array '${name}' is ${array.kind} (${array.shape.join(', ')}) when floats (${shape.join(', ')}) are expected.`,
      );
    }
    return Float64Array.from(array.data);
  }
}
