/** What a worker tells of the model that it has loaded. */
export interface LoadedModel {
  readonly id: string;
  readonly license: string;
  /** SHA-256 over the hashes of all of its files. */
  readonly sha256: string;
  /** The network that makes voiceprints. */
  readonly embedding: { readonly id: string; readonly sha256: string };
}
