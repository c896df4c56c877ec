/**
 * The public data sets that systems are compared on, and how: which recordings, which collar, which parts are scored.
 * Written from their papers and pages, not from the data, which was not at hand; `unverified` says what of it nobody has
 * checked against the files themselves.
 */
export interface BenchmarkDataset {
  readonly id: string;
  readonly name: string;
  /** Recordings in the part that is scored. */
  readonly numRecordings?: number;
  /** Their names, where they are known for certain. */
  readonly names?: readonly string[];
  /** Endings of the audio files' names after the recording's, the best first: `EN2002a` + `.Mix-Headset`. */
  readonly audioSuffixes?: readonly string[];
  /** pyannote.metrics' collar: seconds around each boundary in all. */
  readonly collar: number;
  /** What the published figures are of, and what to watch for. */
  readonly conventions: string;
  readonly source: string;
  readonly unverified?: string;
}

/** Test meetings of AMI's "full-corpus" partition: four groups of four. */
const AMI_TEST: readonly string[] = ['EN2002', 'ES2004', 'IS1009', 'TS3003'].flatMap((group) =>
  ['a', 'b', 'c', 'd'].map((meeting) => `${group}${meeting}`),
);

const AMI = {
  numRecordings: AMI_TEST.length,
  names: AMI_TEST,
  collar: 0,
  source:
    'AMI Meeting Corpus, full-corpus partition, test; references and UEM of the BUT/pyannote AMI-diarization-setup',
} as const;

export const BENCHMARK_DATASETS: readonly BenchmarkDataset[] = [
  {
    id: 'voxconverse-dev',
    name: 'VoxConverse dev',
    numRecordings: 216,
    collar: 0,
    conventions:
      'References of version 0.3. The published figures have no collar and score overlaps; the VoxSRC challenge leaves out 0.25 s on each side of a boundary, which is --collar 0.5 here. No UEM: whole recordings.',
    source: 'Chung et al., "Spot the conversation" (Interspeech 2020); labels on GitHub, joonson/voxconverse',
    unverified: 'the number of recordings was not counted in the data',
  },
  {
    id: 'voxconverse-test',
    name: 'VoxConverse test (v0.3)',
    numRecordings: 232,
    collar: 0,
    conventions: 'As dev. Versions of the labels differ by points: the published figures are of version 0.3.',
    source: 'Chung et al., "Spot the conversation" (Interspeech 2020); labels on GitHub, joonson/voxconverse',
    unverified: 'the number of recordings was not counted in the data',
  },
  {
    ...AMI,
    id: 'ami-ihm',
    name: 'AMI IHM',
    audioSuffixes: ['.Mix-Headset'],
    conventions:
      'The sum of the headset microphones. Words only as references (no laughter or coughs); UEM from the setup. No collar.',
    unverified: 'that the published figures of every system use the words-only references',
  },
  {
    ...AMI,
    id: 'ami-sdm',
    name: 'AMI SDM',
    audioSuffixes: ['.Array1-01'],
    conventions:
      'One distant microphone, the first of the first array. Words only as references; UEM from the setup. No collar.',
    unverified: 'that the published figures of every system use the words-only references',
  },
  {
    id: 'aishell-4',
    name: 'AISHELL-4',
    numRecordings: 20,
    collar: 0,
    conventions:
      'The test part. Eight channels: --channel 0 hears the first microphone alone; without it the mean of all. No collar.',
    source: 'Fu et al., "AISHELL-4" (Interspeech 2021)',
    unverified: 'the number of recordings, and which channel each published figure is of',
  },
  {
    id: 'ava-avd',
    name: 'AVA-AVD',
    numRecordings: 54,
    collar: 0,
    conventions: 'The test part: five-minute clips of films, sound only. No collar.',
    source: 'Xu et al., "AVA-AVD: Audio-Visual Speaker Diarization in the Wild" (ACM Multimedia 2022)',
    unverified: 'the number of clips, and which parts of them are scored',
  },
  {
    id: 'earnings-21',
    name: 'Earnings-21',
    numRecordings: 44,
    collar: 0,
    conventions: 'All calls. No collar.',
    source: 'Del Rio et al., "Earnings-21" (Interspeech 2021); references on GitHub, revdotcom/speech-datasets',
    unverified: 'how each published figure makes turns of the transcripts',
  },
  {
    id: 'icsi',
    name: 'ICSI',
    collar: 0,
    conventions:
      'Meetings. Which of the 75 were scored, and on which microphone, differs: name yours with --list. No collar.',
    source: 'Janin et al., "The ICSI Meeting Corpus" (ICASSP 2003)',
    unverified: 'which meetings and microphones the published figures are of',
  },
  {
    id: 'folder',
    name: 'your recordings',
    collar: 0,
    conventions: 'No collar unless one is given; whole recordings unless there is a UEM.',
    source: 'your own',
  },
];
