/** log-odds = slope · cosine + intercept */
export interface VoiceLine {
  readonly slope: number;
  readonly intercept: number;
}

/** What a worker tells of the model that it has loaded. */
export interface LoadedModel {
  readonly id: string;
  readonly license: string;
  /** SHA-256 over the hashes of all of its files. */
  readonly sha256: string;
  /** The network that makes voiceprints. */
  readonly embedding: { readonly id: string; readonly sha256: string };
  /** From the cosine of two of its voices to the log-odds that they are one person's; absent where nobody has fitted it. */
  readonly verification?: VoiceLine | undefined;
}
