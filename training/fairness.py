"""Of whose speech how much is found and given to them: simulated meetings by sex, age and language of the speakers.

    python fairness.py HYPOTHESES.rttm --meetings DIR --manifest MANIFEST.jsonl

A speaker's share is the time in which the person mapped to them (best mapping of the meeting) is said to speak, of the time they
speak. Speakers are named in the meetings as in the corpus's manifest, which is where sex, age and language come from.
"""
import argparse
import json
from collections import defaultdict
from pathlib import Path

from pyannote.core import Annotation
from pyannote.database.util import load_rttm
from pyannote.metrics.diarization import DiarizationErrorRate


def groups_of(row: dict) -> list[str]:
    age = row.get("age")
    return [
        {"f": "women and girls", "m": "men and boys"}.get(row.get("sex"), "sex unknown"),
        "age unknown" if age is None else "15 years and younger" if int(age) <= 15 else "older than 15",
        f"language: {row['lang']}",
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("hypotheses", type=Path)
    parser.add_argument("--meetings", type=Path, required=True)
    parser.add_argument("--manifest", type=Path, required=True)
    args = parser.parse_args()
    about = {row["speaker"]: row for row in map(json.loads, args.manifest.read_text().splitlines())}
    found, metric = load_rttm(args.hypotheses), DiarizationErrorRate()
    said, right, people = defaultdict(float), defaultdict(float), defaultdict(set)
    for path in sorted(args.meetings.glob("*.rttm")):
        reference = next(iter(load_rttm(path).values()))
        hypothesis = found.get(path.stem, Annotation(uri=path.stem))
        mapping = {own: other for other, own in metric.optimal_mapping(reference, hypothesis).items()}
        for speaker in reference.labels():
            truth = reference.label_timeline(speaker).support()
            heard = hypothesis.label_timeline(mapping[speaker]).support() if speaker in mapping else truth.__class__()
            for group in groups_of(about[speaker]):
                said[group] += truth.duration()
                right[group] += truth.crop(heard, mode="intersection").duration()
                people[group].add(speaker)
    print("| group | people | minutes | found and given to them |\n|---|---|---|---|")
    for group in sorted(said):
        print(f"| {group} | {len(people[group])} | {said[group] / 60:.0f} | {100 * right[group] / said[group]:.0f} % |")
