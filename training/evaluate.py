"""One table of diarization errors: several models in diarist's own pipeline on the same folders of labelled recordings.

    python evaluate.py v0=../engine/models/embedded-v0 v1=DIR --folders DIR … --keep HYPOTHESES [--files] [--set NAME:key=value]

Each model diarizes each folder once (engine/bench/der.ts; Node on the path), the turns are kept under --keep and found again.
Scores are pyannote.metrics'. Recordings of simulated meetings are grouped by what their name begins with (clean, far,
telephone). Intervals: 95 % of 2,000 draws of as many recordings with replacement.
"""
import argparse
import subprocess
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
from pyannote.core import Annotation, Timeline
from pyannote.database.util import load_rttm, load_uem
from pyannote.metrics.diarization import DiarizationErrorRate

from settings import HERE

PARTS = ("missed detection", "false alarm", "confusion", "total")


def diarize(model: str, folder: Path, out: Path, settings: list[str]) -> None:
    if out.exists():
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    command = ["node", str(HERE.parent / "engine" / "bench" / "der.ts"), str(folder), "--model", model, "--hypotheses", str(out)]
    subprocess.run([*command, *(part for setting in settings for part in ("--set", setting))], check=True, stdout=subprocess.DEVNULL)


def score(reference: Annotation, found: Annotation, uem: Timeline | None, collar: float) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = DiarizationErrorRate(collar=collar)(reference, found, uem=uem, detailed=True)
    return np.array([parts[name] for name in PARTS])


def recordings(folder: Path, hypotheses: Path):
    """(name, condition, errors without collar, with 0.25 s a side, speakers, found)."""
    found = load_rttm(hypotheses)
    for path in sorted(folder.glob("*.rttm")):
        name = path.stem
        reference = next(iter(load_rttm(path).values()))
        uem = path.with_suffix(".uem")
        region = next(iter(load_uem(uem).values())) if uem.exists() else None
        hypothesis = found.get(name, Annotation(uri=name))
        group = name.split("-")[0] if name.split("-")[0] in ("clean", "far", "telephone") else ""
        plain, collared = (score(reference, hypothesis, region, collar) for collar in (0, 0.5))
        yield name, f"{folder.name} {group}".strip(), plain, collared, len(reference.labels()), len(hypothesis.labels())


def percent(parts: np.ndarray) -> float:
    return 100 * parts[:3].sum() / parts[3]


def interval(errors: list[np.ndarray]) -> str:
    rng, stacked = np.random.default_rng(0), np.stack(errors)
    draws = rng.integers(len(stacked), size=(2000, len(stacked)))
    low, high = np.percentile([percent(stacked[d].sum(0)) for d in draws], [2.5, 97.5])
    return f"{low:.1f}–{high:.1f}"


def line(*cells: object) -> None:
    print("| " + " | ".join(str(cell) for cell in cells) + " |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="+", help="NAME=FOLDER or NAME=MODEL")
    parser.add_argument("--folders", nargs="+", type=Path, required=True)
    parser.add_argument("--keep", type=Path, required=True)
    parser.add_argument("--set", nargs="*", default=[], help="NAME:key=value, for one of the models")
    parser.add_argument("--files", action="store_true", help="a line for each recording too")
    args = parser.parse_args()
    groups: dict[str, dict[str, list]] = defaultdict(lambda: defaultdict(list))
    for name, model in (m.split("=", 1) for m in args.models):
        settings = [s.split(":", 1)[1] for s in args.set if s.startswith(f"{name}:")]
        for folder in args.folders:
            kept = args.keep / name / f"{folder.name}.rttm"
            diarize(model, folder, kept, settings)
            for row in recordings(folder, kept):
                groups[row[1]][name].append(row)
    line("recordings", "model", "DER", "95 %", "missed", "false alarm", "confusion", "DER ±0.25 s", "right count", "off by")
    line(*["---"] * 10)
    for group, models in groups.items():
        for name, rows in models.items():
            plain, collared = (np.sum([row[k] for row in rows], 0) for k in (2, 3))
            parts = [f"{100 * part / plain[3]:.1f}" for part in plain[:3]]
            right = sum(row[4] == row[5] for row in rows)
            off = np.mean([abs(row[4] - row[5]) for row in rows])
            line(group, name, f"**{percent(plain):.1f}**", interval([row[2] for row in rows]), *parts, f"{percent(collared):.1f}", f"{right} of {len(rows)}", f"{off:.2f}")
    if args.files:
        print()
        line("recording", "speakers", *(f"{name}: found, DER, ±0.25 s" for name in next(iter(groups.values()))))
        line(*["---"] * (2 + len(next(iter(groups.values())))))
        for models in groups.values():
            for rows in zip(*models.values()):
                line(rows[0][0], rows[0][4], *(f"{r[5]}, {percent(r[2]):.1f}, {percent(r[3]):.1f}" for r in rows))
