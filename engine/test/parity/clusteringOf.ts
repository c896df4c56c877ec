import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ahcClustering } from '../../src/diarize/ahc.ts';
import type { Clustering, SpeakerBounds } from '../../src/diarize/clustering.ts';
import { kmeansClustering } from '../../src/diarize/kmeansClustering.ts';
import { vbxClustering } from '../../src/diarize/vbxClustering.ts';
import { type Plda, plda } from '../../src/model/plda.ts';
import { readPlda } from '../../src/model/pldaFiles.ts';
import { type Config, pldaFolder } from './reference.ts';

export const referencePlda: Plda = plda(
  readPlda({
    plda: readFileSync(join(pldaFolder, 'plda.npz')),
    'plda-transform': readFileSync(join(pldaFolder, 'xvec_transform.npz')),
  }),
);

/** The clustering that a configuration of the reference names. */
export function clusteringOf({ clustering, params }: Config): Clustering {
  const { threshold, Fa, Fb, method, min_cluster_size: minClusterSize } = params.clustering;
  if (clustering === 'VBxClustering') return vbxClustering(referencePlda, { threshold, Fa, Fb });
  if (clustering === 'AgglomerativeClustering') return ahcClustering({ threshold, method, minClusterSize });
  return kmeansClustering();
}

export function boundsOf({ kw }: Config): SpeakerBounds {
  return { numSpeakers: kw.num_speakers, minSpeakers: kw.min_speakers, maxSpeakers: kw.max_speakers };
}
