import { ASR_CATALOG } from './asrCatalog.ts';
import type { Licence } from './licence.ts';
import type { HubSource, ModelFile, ModelManifest, Role } from './manifest.ts';

/**
 * The models that can be asked for by name and are fetched from the Hugging Face hub, as manifests. Each file is pinned:
 * to a commit where one is known, and to a sha256 where the publisher's was seen; otherwise the hub's own hash of the
 * file (its LFS identity) is checked. Nothing here was downloaded or run when this was written, since the hub could not
 * be reached: names of files, hashes and shapes come from the publishers' pages and export scripts, and `unverified`
 * says what rests on less. The models shipped in the package are not here but in engine/models.
 */

const SPEAKRS: Omit<HubSource, 'path'> = {
  repo: 'avencera/speakrs-models',
  revision: '5d24ffee75f13fb061fa6d10944a64e2dc1d5e6f',
};

/** A file that keeps its own name. */
function hubFile(
  source: Omit<HubSource, 'path'>,
  path: string,
  { size, sha256 }: Pick<ModelFile, 'size' | 'sha256'> = {},
): ModelFile {
  return { path: path.slice(path.lastIndexOf('/') + 1), size, sha256, source: { ...source, path } };
}

const MIT_SEGMENTATION: Licence = {
  id: 'MIT',
  commercial: true,
  attribution: 'pyannote/segmentation-3.0, © CNRS, Hervé Bredin',
  url: 'https://huggingface.co/pyannote/segmentation-3.0',
};

const CC_BY_COMMUNITY: Licence = {
  id: 'CC-BY-4.0',
  commercial: true,
  attribution:
    'pyannote/speaker-diarization-community-1, pyannoteAI (PLDA by BUT Speech@FIT); converted to ONNX by avencera/speakrs',
  url: 'https://huggingface.co/pyannote/speaker-diarization-community-1',
};

const CC_BY_WESPEAKER: Licence = {
  id: 'CC-BY-4.0',
  commercial: true,
  attribution: 'WeSpeaker, Hongji Wang et al., ICASSP 2023; trained on VoxCeleb (CC BY 4.0, University of Oxford)',
  url: 'https://github.com/wenet-e2e/wespeaker/blob/master/docs/pretrained.md',
};

/** Not listed by SPDX: no use in production, of the model or of what it puts out. */
const REV_NON_PRODUCTION: Licence = {
  id: 'Rev-Non-Production',
  commercial: false,
  attribution: 'Revai/reverb-diarization-v1, Rev.com; converted to ONNX by k2-fsa/sherpa-onnx',
  url: 'https://huggingface.co/Revai/reverb-diarization-v1',
};

/** WeSpeaker's ResNet34 with pyannote's masked pooling: the embedding of both pyannote pipelines. */
const RESNET34_TAIL: ModelFile = hubFile(SPEAKRS, 'wespeaker-voxceleb-resnet34-tail.onnx', { size: 26733283 });

const PYANNOTE_TRAITS = { dimension: 256, fbankMean: 'window', minNumSamples: 400 } as const;
const PYANNOTE_POWERSET = { numSpeakers: 3, maxSimultaneous: 2 } as const;

const PLDA: Partial<Record<Role, ModelFile>> = {
  'plda-mean1': hubFile(SPEAKRS, 'plda_mean1.npy', {
    size: 2176,
    sha256: 'e424c0c352182aa8e0f555dec1f3b30e29a20b9ed6b25d339f112af92e51e36f',
  }),
  'plda-mean2': hubFile(SPEAKRS, 'plda_mean2.npy', {
    size: 640,
    sha256: '6f6fb708a2037197b5b84ffeaa8f140cb878088fbecd6ab042ad26a7691bd2cf',
  }),
  'plda-lda': hubFile(SPEAKRS, 'plda_lda.npy', {
    size: 131200,
    sha256: 'e20c9b012bebd1aabda5a38a127e63a43cf35debdc502715fc143e2fb6bc3c4b',
  }),
  'plda-mu': hubFile(SPEAKRS, 'plda_mu.npy', {
    size: 1152,
    sha256: 'd286d48acf99bbc1ed1502fed0a3e361ae5626ce1870c8be9f7397c5e47886c6',
  }),
  'plda-tr': hubFile(SPEAKRS, 'plda_tr.npy', {
    size: 131200,
    sha256: 'e700b68cb319de3fafb5fa093eb9222c23c447084741f8d3a533640d425510ee',
  }),
  'plda-psi': hubFile(SPEAKRS, 'plda_psi.npy', {
    size: 1152,
    sha256: 'd7128c9ed2f28a9781971805131129f077c04f948e2df12e52dcdb99f2b4e5f5',
  }),
};

const BASE = { format: 1, version: '1', sampleRate: 16000, windowDuration: 10, parameters: {} } as const;

const TAIL_UNVERIFIED =
  "No sha256 of the embedding file at this commit was published; it is checked against the hub's own hash.";

export const CATALOG: readonly ModelManifest[] = [
  {
    ...BASE,
    name: 'community-1',
    description: "pyannote's community-1 pipeline (VBx): the most accurate free models, about 33 MB",
    task: 'diarization',
    pipeline: 'community-1',
    powerset: PYANNOTE_POWERSET,
    embedding: PYANNOTE_TRAITS,
    files: {
      // Despite its name this is community-1's own segmentation (speakrs, scripts/export_models.py). One window a batch.
      segmentation: hubFile(SPEAKRS, 'segmentation-3.0.onnx', {
        size: 5916308,
        sha256: '038b971741ed623af9773ecafdefa4b7bc523520099c2a68f8568b24189e8ad9',
      }),
      'embedding-tail': RESNET34_TAIL,
      ...PLDA,
    },
    licences: [CC_BY_COMMUNITY],
    unverified: TAIL_UNVERIFIED,
  },
  {
    ...BASE,
    name: '3.1',
    description: "pyannote's speaker-diarization-3.1 pipeline (AHC), about 33 MB",
    task: 'diarization',
    pipeline: '3.1',
    powerset: PYANNOTE_POWERSET,
    embedding: PYANNOTE_TRAITS,
    files: {
      segmentation: hubFile(
        { repo: 'onnx-community/pyannote-segmentation-3.0', revision: '733a93b6473d019a773298e08cefa686894b1854' },
        'onnx/model.onnx',
        { size: 5986908, sha256: '057ee564753071c0b09b5b611648b50ac188d50846bff5f01e9f7bbf1591ea25' },
      ),
      'embedding-tail': RESNET34_TAIL,
    },
    licences: [MIT_SEGMENTATION, CC_BY_WESPEAKER],
    unverified: `${TAIL_UNVERIFIED} That 3.1 and community-1 share these embedding weights is generally held, not checked here.`,
  },
  {
    ...BASE,
    name: 'reverb-v1',
    description: "Rev's segmentation with pyannote 3.1's embedding and clustering; not for commercial use",
    task: 'diarization',
    pipeline: '3.1',
    powerset: PYANNOTE_POWERSET,
    embedding: PYANNOTE_TRAITS,
    files: {
      segmentation: hubFile({ repo: 'csukuangfj/sherpa-onnx-reverb-diarization-v1', revision: 'main' }, 'model.onnx'),
      'embedding-tail': RESNET34_TAIL,
    },
    licences: [REV_NON_PRODUCTION, CC_BY_WESPEAKER],
    unverified: `Not pinned to a commit; the clustering threshold is pyannote 3.1's, not tuned for it. ${TAIL_UNVERIFIED}`,
  },
  {
    ...BASE,
    name: 'wespeaker-resnet34',
    description: 'Speaker embeddings, 256 numbers, 27 MB; cut at its pooling and pooled as pyannote does',
    task: 'embedding',
    pipeline: '3.1',
    embedding: PYANNOTE_TRAITS,
    files: {
      'embedding-plain': hubFile(
        {
          repo: 'Wespeaker/wespeaker-voxceleb-resnet34-LM',
          revision: 'f0c48c298fd835726c27956a5d617bad7115627e',
        },
        'voxceleb_resnet34_LM.onnx',
        { size: 26530309, sha256: '7bb2f06e9df17cdf1ef14ee8a15ab08ed28e8d0ef5054ee135741560df2ec068' },
      ),
    },
    licences: [CC_BY_WESPEAKER],
  },
  {
    ...BASE,
    name: 'wespeaker-campplus',
    description: 'Speaker embeddings of CAM++ trained on VoxCeleb, 29 MB, quicker than ResNet34',
    task: 'embedding',
    pipeline: '3.1',
    embedding: { fbankMean: 'window', minNumSamples: 400 },
    files: {
      'embedding-plain': hubFile(
        { repo: 'csukuangfj/speaker-embedding-models', revision: 'main' },
        'wespeaker_en_voxceleb_CAM++.onnx',
        { size: 29292684, sha256: 'c46fad10b5f81e1aa4a60c162714208577093655076c5450f8c469e522ec54ef' },
      ),
    },
    licences: [CC_BY_WESPEAKER],
    unverified: 'Pages disagree on the length of its vectors (192 or 512); the graph is asked.',
  },
  {
    ...BASE,
    name: 'wespeaker-ecapa512',
    description: 'Speaker embeddings of ECAPA-TDNN (512 channels) trained on VoxCeleb, 25 MB',
    task: 'embedding',
    pipeline: '3.1',
    embedding: { dimension: 192, fbankMean: 'window', minNumSamples: 400 },
    files: {
      'embedding-plain': hubFile(
        { repo: 'Wespeaker/wespeaker-ecapa-tdnn512-LM', revision: 'a2f3dcb1c8702caccc7a55ceb57f5e8d1842112b' },
        'voxceleb_ECAPA512_LM.onnx',
      ),
    },
    licences: [CC_BY_WESPEAKER],
    unverified: "No sha256 was published; it is checked against the hub's own hash.",
  },
  {
    ...BASE,
    name: 'silero-vad',
    version: '6.2',
    description: 'Silero voice activity detection, 2.3 MB',
    task: 'vad',
    pipeline: '3.1',
    windowDuration: 0.032,
    files: {
      vad: hubFile({ repo: 'istupakov/silero-vad-onnx', revision: 'main' }, 'silero_vad.onnx', {
        size: 2327524,
        sha256: '1a153a22f4509e292a94e67d6f9b85e8deb25b4988682b7e174c65279d8788e3',
      }),
    },
    licences: [
      {
        id: 'MIT',
        commercial: true,
        attribution: 'Silero VAD, © 2020-present Silero Team',
        url: 'https://github.com/snakers4/silero-vad',
      },
    ],
    unverified:
      "The repository is a mirror, not Silero's own; the sha256 is that of silero_vad.onnx of the silero-vad 6.2 release.",
  },
  ...ASR_CATALOG,
];
