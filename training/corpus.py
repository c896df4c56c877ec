"""Speech and noise decoded once into one int16 array, with speech masks and the split of the speakers.

    python corpus.py --speech DIR --noise DIR [--teacher segmentation-3.0.onnx]

DIR holds sound files and manifest.jsonl, a line an utterance (file, offset, duration, speaker, sex, source, split) or a
noise clip (file, duration, kind, split). Speakers of the split "val" are dealt to "dev" (validation, thresholds) and
"test" (reported, never tuned on), every other one of each source. Sources named by --unseen are never trained on.
"""
import argparse
import json
from pathlib import Path

import numpy as np
import soundfile

from settings import MASK_HOP, MASK_RATE, SAMPLE_RATE, WORK
from speech_mask import energy_mask, teacher_mask

UNSEEN = ("librispeech_extra", "vctk", "rhasspy_cc0", "yoruba_ogunlao")
NOISE_KINDS = ("noise", "babble", "music", "event", "roomtone")


def read_manifest(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "manifest.jsonl").read_text().splitlines() if line]


def decode(path: Path) -> np.ndarray:
    samples, rate = soundfile.read(path, dtype="int16")
    if rate != SAMPLE_RATE or samples.ndim != 1:
        raise ValueError(f"{path}: got {rate} Hz and shape {samples.shape}, expected {SAMPLE_RATE} Hz mono; convert it first.")
    return samples


def split_of(rows: list[dict], unseen: tuple[str, ...] = UNSEEN) -> dict[str, str]:
    """Speaker -> train, dev, test or unseen."""
    splits, counts = {}, {}
    for row in sorted(rows, key=lambda row: row["speaker"]):
        speaker, source = row["speaker"], row["source"]
        if speaker in splits:
            continue
        if row["split"] == "val":
            counts[source] = counts.get(source, -1) + 1
            splits[speaker] = ("dev", "test")[counts[source] % 2]
        else:
            splits[speaker] = "unseen" if source in unseen else "train"
    return splits


def build(speech: Path, noise: Path | None, out: Path, teacher=None) -> None:
    out.mkdir(parents=True, exist_ok=True)
    rows = read_manifest(speech)
    splits = split_of(rows)
    by_file: dict[str, list[dict]] = {}
    for row in rows:
        by_file.setdefault(row["file"], []).append(row)
    utterances, clips, at = [], [], 0
    with open(out / "audio.i16", "wb") as audio, open(out / "mask.u8", "wb") as masks:

        def append(samples: np.ndarray, mask: np.ndarray) -> int:
            """Both arrays padded to whole mask steps, so that mask index = sample index / MASK_HOP."""
            nonlocal at
            steps = len(samples) // MASK_HOP
            start, at = at, at + steps * MASK_HOP
            audio.write(samples[: steps * MASK_HOP].tobytes())
            masks.write(np.resize(mask, steps).astype(np.uint8).tobytes() if len(mask) else b"\0" * steps)
            return start

        for number, (file, own) in enumerate(sorted(by_file.items())):
            samples = decode(speech / file)
            whole = teacher_mask(samples, teacher) if teacher else energy_mask(samples)
            for row in own:
                a, b = (int(round(t * MASK_RATE)) for t in (row["offset"], row["offset"] + row["duration"]))
                piece, mask = samples[a * MASK_HOP : b * MASK_HOP], whole[a:b]
                steps = min(len(piece) // MASK_HOP, len(mask))
                if mask[:steps].sum() < 20:
                    continue
                start = append(piece[: steps * MASK_HOP], mask[:steps])
                utterances.append((row["speaker"], start, steps * MASK_HOP, row.get("sex"), row["source"]))
            if number % 100 == 99:
                print(f"{number + 1} of {len(by_file)} files, {at / SAMPLE_RATE / 3600:.2f} h", flush=True)
        for row in read_manifest(noise) if noise else []:
            if row["kind"] in NOISE_KINDS and row["split"] == "train":
                samples = decode(noise / row["file"])
                clips.append((append(samples, np.zeros(0)), len(samples) // MASK_HOP * MASK_HOP, row["kind"]))
    index = {"utterances": utterances, "noise": clips, "splits": splits, "samples": at}
    (out / "index.json").write_text(json.dumps(index))
    counts = {name: sum(1 for s in splits.values() if s == name) for name in ("train", "dev", "test", "unseen")}
    print(f"{len(utterances)} utterances, {at / SAMPLE_RATE / 3600:.2f} h with noise, speakers {counts}")


class Corpus:
    """What `build` wrote, memory mapped. Speakers are numbered in the order of their names."""

    def __init__(self, folder: Path = WORK / "corpus"):
        index = json.loads((folder / "index.json").read_text())
        self.audio = np.memmap(folder / "audio.i16", np.int16, "r")
        self.masks = np.memmap(folder / "mask.u8", np.uint8, "r")
        self.noise = index["noise"]
        self.utterances: dict[str, list[tuple[int, int]]] = {}
        self.sex, self.source = {}, {}
        for speaker, start, length, sex, source in index["utterances"]:
            self.utterances.setdefault(speaker, []).append((start, length))
            self.sex[speaker], self.source[speaker] = sex, source
        self.splits = {s: index["splits"][s] for s in self.utterances}
        self.seconds = {s: sum(length for _, length in u) / SAMPLE_RATE for s, u in self.utterances.items()}

    def speakers(self, *splits: str) -> list[str]:
        return sorted(s for s, split in self.splits.items() if split in splits)

    def samples(self, start: int, length: int) -> np.ndarray:
        return self.audio[start : start + length].astype(np.float32) / 32768

    def mask(self, start: int, length: int) -> np.ndarray:
        return self.masks[start // MASK_HOP : (start + length) // MASK_HOP] > 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--speech", type=Path, required=True)
    parser.add_argument("--noise", type=Path)
    parser.add_argument("--teacher", type=Path, help="segmentation-3.0.onnx; without it masks are by energy")
    args = parser.parse_args()
    from teachers import SegmentationTeacher

    build(args.speech, args.noise, WORK / "corpus", SegmentationTeacher(args.teacher) if args.teacher else None)
