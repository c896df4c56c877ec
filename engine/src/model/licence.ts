/**
 * What the maker of a model asks of its users. It is shown by `diarist models list`, copied into every JSON output, and
 * a model not free for commercial use runs only after a person has said yes to it (`--accept-licence <id>`).
 */
export interface Licence {
  /** An SPDX identifier (`CC-BY-4.0`, `MIT`), or a name of ours for a licence that SPDX does not list. */
  readonly id: string;
  /** Whether commercial use is allowed without asking. */
  readonly commercial: boolean;
  /** Who made what, in the words that attribution needs. */
  readonly attribution: string;
  /** Where the licence or the model's page can be read. */
  readonly url?: string;
}

/** The licences that someone has to accept before the model runs: the non-commercial ones not accepted yet. */
export function missingAcceptance(licences: readonly Licence[], accepted: readonly string[]): readonly Licence[] {
  return licences.filter(({ id, commercial }) => !commercial && !accepted.includes(id));
}
