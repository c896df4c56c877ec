"""Ten-second windows of real recordings that nobody labelled, with a teacher's opinion, in the files of mixtures.py.

    python recordings.py DIR --teacher segmentation-3.0.onnx --split train --count 3000 --seed 1
    python recordings.py DIR --teacher segmentation-3.0.onnx --split real --plain

What a recording is disturbed by needs no truth: it is cut and joined to others, played faster, slower or backwards, through
with a second recording or a simulated one under it, and the teacher says what is heard then. The student hears it from further
away, through lines and noise. --plain takes the windows as they are, every five seconds.
"""
import argparse
from pathlib import Path

import numpy as np
import soundfile
import torch
from scipy import fft, signal

import channels
from corpus import Corpus
from mixtures import FFT_SIZE, SHARD, Mixer, Window, shards
from rooms import Rooms
from settings import SAMPLE_RATE, WINDOW
from teachers import SegmentationTeacher

SOUNDS = (".wav", ".flac", ".opus", ".ogg", ".mp3")


def read(folder: Path) -> list[np.ndarray]:
    found = []
    for path in sorted(p for p in folder.iterdir() if p.suffix in SOUNDS):
        samples, rate = soundfile.read(path, dtype="float32")
        if rate != SAMPLE_RATE or samples.ndim != 1:
            raise ValueError(f"{path}: got {rate} Hz and shape {samples.shape}, expected {SAMPLE_RATE} Hz mono; convert it first.")
        found.append(np.pad(samples, (0, max(0, WINDOW - len(samples)))))
    if not found:
        raise FileNotFoundError(f"{folder}: no recordings. Expected files that end in {', '.join(SOUNDS)}.")
    return found


def plain(recordings: list[np.ndarray]) -> list[np.ndarray]:
    return [x[at : at + WINDOW] for x in recordings for at in range(0, len(x) - WINDOW + 1, WINDOW // 2)]


class Disturbed:
    def __init__(self, recordings: list[np.ndarray], corpus: Corpus, rooms: Rooms):
        self.recordings, self.corpus, self.rooms = recordings, corpus, rooms
        self.mixer = Mixer(corpus, rooms, "train")

    def piece(self, rng) -> np.ndarray:
        """A window's worth of one recording or of several in turn, at times backwards, of RMS 1."""
        cuts = np.sort(rng.integers(0, WINDOW, int(rng.integers(1, 5)))) if rng.random() < 0.3 else []
        found = np.concatenate([self.cut(rng, size) for size in np.diff([0, *cuts, WINDOW]) if size > 0])
        found = found[::-1] if rng.random() < 0.25 else found
        return (found / (found.std() + 1e-6)).astype(np.float32)

    def cut(self, rng, size: int) -> np.ndarray:
        """So many samples of a recording, at up to 15 % another speed; the ends fade."""
        x = self.recordings[rng.integers(len(self.recordings))]
        length = min(len(x), round(size * rng.choice([1.0, rng.uniform(0.87, 1.15)])))
        at = int(rng.integers(len(x) - length + 1))
        found = x[at : at + length].copy() if length == size else signal.resample(x[at : at + length], size)
        fade = min(160, size // 2)
        if size < WINDOW and fade:
            found[:fade] *= np.linspace(0, 1, fade)
            found[-fade:] *= np.linspace(1, 0, fade)
        return found

    def window(self, rng) -> Window:
        """The teacher hears it before rooms, lines and noise."""
        parts = [self.piece(rng)]
        if rng.random() < 0.6:
            parts.append(10 ** (-rng.uniform(-3, 12) / 20) * np.roll(self.piece(rng), rng.integers(WINDOW)))
        elif rng.random() < 0.4:
            made = self.mixer.window(rng).clean
            parts.append(10 ** (rng.normal(0, 8) / 20) * made / (made.std() + 1e-6))
        clean = mix = sum(parts)
        if rng.random() < 0.6:
            responses = self.rooms.draw(rng, len(parts))
            spectrum = sum(fft.rfft(part, FFT_SIZE) * fft.rfft(own, FFT_SIZE) for part, own in zip(parts, responses))
            mix = fft.irfft(spectrum, FFT_SIZE)[:WINDOW].astype(np.float32)
        if rng.random() < 0.6:
            mix = channels.equalise(rng, mix, 3)
        if rng.random() < 0.6:
            mix = mix + channels.noise(rng, self.corpus, WINDOW) * mix.std() * 10 ** (-rng.uniform(3, 30) / 20)
        if rng.random() < 0.25:
            mix = channels.line(rng, mix)
        mix = mix * rng.uniform(0.03, 0.9) / (np.abs(mix).max() + 1e-6)
        return Window(mix.astype(np.float32), (0.1 * clean).astype(np.float32), None)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--split", default="train")
    parser.add_argument("--count", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--teacher", type=Path, required=True)
    parser.add_argument("--shard", type=int, default=SHARD, help="windows in a file")
    parser.add_argument("--plain", action="store_true")
    args = parser.parse_args()
    torch.set_num_threads(1)
    recordings, teacher = read(args.folder), SegmentationTeacher(args.teacher)
    if args.plain:
        whole = plain(recordings)
        shards(args.split, "plain", 1, lambda rng: [Window(wave, wave, None) for wave in whole], teacher)
    else:
        source = Disturbed(recordings, Corpus(), Rooms())
        make = lambda rng: [source.window(rng) for _ in range(args.shard)]
        shards(args.split, f"r{args.seed:03d}", -(-args.count // args.shard), make, teacher, args.seed)
