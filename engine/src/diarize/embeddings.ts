/**
 * One vector for each local speaker that talks in a chunk, in the order of pyannote's (chunk, speaker) loop.
 * Local speakers that never talk have none: no stage looks at theirs.
 */
export interface LocalEmbeddings {
  readonly dimension: number;
  readonly numRows: number;
  /** (row) where the vector is from. */
  readonly chunk: Int32Array;
  readonly speaker: Int32Array;
  /** (row) frames of the chunk in which this speaker talks alone. */
  readonly numSolo: Int32Array;
  /** (row, dimension) */
  readonly vectors: Float32Array;
}
