"""Ten-second windows of simulated conversations with their truth and a teacher's opinion, in files of 250.

    python mixtures.py --split train --count 8000 --seed 1 --teacher segmentation-3.0.onnx

A file holds log-mel (16-bit floats), the class of each frame and the teacher's log-probabilities. Files that exist are kept:
a run that was stopped goes on. Who speaks must not show in the channel: most windows have speakers of one corpus and
sex, every voice is brought half-way to a common spectrum, levels change from turn to turn, and noise lies under all.
"""
import argparse
import os
import time
from pathlib import Path

import numpy as np
import torch
from scipy import fft

import channels
from conversation import KINDS, draw_kind, plan
from corpus import Corpus
from features import LogMel
from powerset import encode
from rooms import Rooms
from settings import FRAME_FIELD, FRAME_STEP, MASK_HOP, MASK_RATE, WINDOW, WORK, num_frames
from speech_mask import fill_holes
from voices import FACTORS, Voice

SHARD = 250
STEPS = WINDOW // MASK_HOP
BRIDGE = 30  # steps: a speaker's shorter pauses count as speech
FFT_SIZE = fft.next_fast_len(WINDOW + 12800, real=True)


class Mixer:
    def __init__(self, corpus: Corpus, rooms: Rooms, split: str):
        self.corpus, self.rooms = corpus, rooms
        self.pool = corpus.speakers(split)
        weight = np.array([min(corpus.seconds[s], 60) ** 0.5 for s in self.pool])
        self.weight = dict(zip(self.pool, weight))

    def choose(self, rng, count: int) -> list[str]:
        """Different people: mostly of one corpus, and half of the time of one sex too."""
        count = min(count, len(self.pool))
        if count == 0:
            return []
        first, chance = self.pick(rng, self.pool, 1)[0], rng.random()
        others = [s for s in self.pool if s != first]
        alike = [
            s for s in others
            if (chance > 0.75 or self.corpus.source[s] == self.corpus.source[first])
            and (chance > 0.5 or self.corpus.sex[s] == self.corpus.sex[first])
        ]
        return [first, *self.pick(rng, alike if len(alike) >= count else others, count - 1)]

    def pick(self, rng, pool: list[str], count: int) -> list[str]:
        weight = np.array([self.weight[s] for s in pool])
        return list(rng.choice(pool, count, replace=False, p=weight / weight.sum())) if count else []

    def tracks(self, rng, names, turns) -> tuple[np.ndarray, np.ndarray]:
        """Each speaker's own sound and mask."""
        voices = [Voice(self.corpus, rng, n, float(rng.choice(list(FACTORS))) if rng.random() < 0.6 else 1.0) for n in names]
        sound, active = np.zeros((len(names), WINDOW), np.float32), np.zeros((len(names), STEPS), bool)
        free = np.full(len(names), -10**9)
        for turn in sorted(turns, key=lambda turn: turn.start):
            at = max(int(turn.start * MASK_RATE), free[turn.speaker])
            end = at + int(turn.length * MASK_RATE)
            level = 10 ** (rng.normal(0, 2) / 20)
            while end - at > 15:
                piece, mask = voices[turn.speaker].take(end - at)
                first, last = max(0, -at), min(len(mask), STEPS - at)
                if last > first:
                    sound[turn.speaker, (at + first) * MASK_HOP : (at + last) * MASK_HOP] += level * piece[first * MASK_HOP : last * MASK_HOP]
                    active[turn.speaker, at + first : at + last] |= mask[first:last]
                at += len(mask) + (int(rng.exponential(12)) if rng.random() < 0.4 else 0)
            free[turn.speaker] = at + 5
        return sound, active

    def window(self, rng) -> tuple[np.ndarray, np.ndarray]:
        """Samples and [steps, speakers] truth."""
        name = draw_kind(rng)
        kind = KINDS[name]
        count = int(rng.choice(kind.speakers))
        names = self.choose(rng, count)
        count = len(names)
        sound, active = self.tracks(rng, names, plan(rng, kind, count, WINDOW / 16000))
        far = rng.random() < (0.15 if name == "call" else 0.55)
        responses = self.rooms.draw(rng, max(1, count)) if far else None
        spread = rng.choice([0.5, 3.0, 5.0, 7.0]) if count > 1 else 0.0
        own_line = rng.random() < 0.12
        spectra = [fft.rfft(track, FFT_SIZE) for track in sound]
        flat = common_response(spectra) if spectra and rng.random() < 0.4 else [1] * count
        mix = np.zeros(WINDOW, np.float32)
        for i in range(count):
            if not active[i].any():
                continue
            spectrum = spectra[i] * flat[i]
            if responses:
                spectrum = spectrum * fft.rfft(responses[i], FFT_SIZE)
            track = fft.irfft(spectrum, FFT_SIZE)[:WINDOW].astype(np.float32)
            loud = np.sqrt((track.reshape(STEPS, -1)[active[i]] ** 2).mean()) + 1e-6
            track *= 10 ** (rng.normal(0, spread) / 20) / loud
            mix += channels.line(rng, track) if own_line else track
        below = rng.uniform(0, 12) if rng.random() < 0.3 else rng.uniform(10, 35)
        if rng.random() < 0.9:
            mix += channels.noise(rng, self.corpus, WINDOW) * 10 ** (-below / 20)
        mix = channels.telephone(rng, mix) if name == "call" and rng.random() < 0.7 else channels.line(rng, mix)
        mix *= rng.uniform(0.03, 0.9) / (np.abs(mix).max() + 1e-6)
        if rng.random() < 0.03:
            mix = np.clip(2 * mix, -0.5, 0.5)
        truth = np.stack([fill_holes(mask, BRIDGE) for mask in active], 1) if count else np.zeros((STEPS, 1), bool)
        return mix.astype(np.float32), truth


def common_response(spectra: list[np.ndarray]) -> list[np.ndarray]:
    """Gains that bring each voice most of the way to the mean spectrum of all, smooth over the frequency."""
    edges = np.unique(np.geomspace(80, 8000, 25) / 8000 * (len(spectra[0]) - 1)).astype(int)
    centres = (edges[:-1] + edges[1:]) / 2
    bands = np.array([[10 * np.log10((np.abs(s[a:b]) ** 2).mean() + 1e-3) for a, b in zip(edges, edges[1:])] for s in spectra])
    wanted = np.clip(0.7 * (bands.mean(0) - bands), -15, 15)
    at = np.arange(len(spectra[0]))
    return [(10 ** (np.interp(at, centres, w) / 20)).astype(np.float32) for w in wanted]


def on_frames(truth: np.ndarray) -> np.ndarray:
    centres = np.arange(num_frames(WINDOW)) * FRAME_STEP + FRAME_FIELD // 2
    return truth[np.minimum(centres // MASK_HOP, len(truth) - 1)]


@torch.no_grad()
def write_shard(path: Path, windows: list[tuple[np.ndarray, np.ndarray | None]], mel: LogMel, teacher) -> None:
    """Samples and truth ([steps, speakers], or nothing: then the class is the teacher's)."""
    waves = np.stack([wave for wave, _ in windows])
    soft = np.concatenate([teacher(wave[None]) for wave in waves]) if teacher else None
    hard = np.stack([soft[i].argmax(1) if truth is None else encode(on_frames(truth)) for i, (_, truth) in enumerate(windows)])
    if soft is None:
        soft = np.log(np.eye(7, dtype=np.float32)[hard] * 0.97 + 0.005)
    mels = torch.cat([mel(part[:, None]) for part in torch.from_numpy(waves).split(10)])
    part = path.with_suffix(".part.npz")
    np.savez(part, mel=mels.half().numpy(), hard=hard.astype(np.uint8), soft=soft.astype(np.float16))
    os.replace(part, path)


def shards(split: str, name: str, count: int, windows, teacher, mel: LogMel, seed: int = 0) -> None:
    """Writes the files of a split that do not exist yet; `windows` makes one's from a generator of random numbers."""
    folder = WORK / "mixtures" / split
    folder.mkdir(parents=True, exist_ok=True)
    for shard in range(count):
        path, began = folder / f"{name}-{shard:04d}.npz", time.time()
        if path.exists():
            continue
        made = windows(np.random.default_rng([seed, shard]))
        write_shard(path, made, mel, teacher)
        print(path.name, f"{(time.time() - began) / len(made) * 1000:.0f} ms a window", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", default="train")
    parser.add_argument("--count", type=int, default=8000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--teacher", type=Path, help="segmentation-3.0.onnx; without it, the truth alone")
    parser.add_argument("--shard", type=int, default=SHARD, help="windows in a file")
    args = parser.parse_args()
    torch.set_num_threads(1)
    from teachers import SegmentationTeacher

    mixer = Mixer(Corpus(), Rooms(), args.split)
    make = lambda rng: [mixer.window(rng) for _ in range(args.shard)]
    teacher = SegmentationTeacher(args.teacher) if args.teacher else None
    shards(args.split, f"{args.seed:03d}", -(-args.count // args.shard), make, teacher, LogMel(), args.seed)
