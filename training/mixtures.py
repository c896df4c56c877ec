"""Ten-second windows of simulated conversations with their truth and a teacher's opinion, in files of 250.

    python mixtures.py --split train --count 8000 --seed 1 --teacher segmentation-3.0.onnx

A file holds log-mel (16-bit floats), the class of each frame and the teacher's log-probabilities. The teacher hears the voices
before rooms, lines and noise: the student is to say of a bad recording what the teacher says of a good one. Files that exist
are kept: a run that was stopped goes on. Who speaks must not show in the channel: most windows have speakers of one corpus
and sex, every voice is brought half-way to a common spectrum, levels change from turn to turn, and noise lies under all.
"""
import argparse
import os
import time
from pathlib import Path
from typing import NamedTuple

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


class Window(NamedTuple):
    """What the student hears, what the teacher does, and who speaks [steps, speakers], if that is known."""

    sound: np.ndarray
    clean: np.ndarray
    truth: np.ndarray | None


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

    def window(self, rng) -> Window:
        """With the truth, and before rooms, lines and noise."""
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
        mix, clean = np.zeros(WINDOW, np.float32), np.zeros(WINDOW, np.float32)
        for i in range(count):
            if not active[i].any():
                continue
            level = 10 ** (rng.normal(0, spread) / 20)
            dry = heard_at(level, spectra[i] * flat[i], active[i])
            there = heard_at(level, spectra[i] * flat[i] * fft.rfft(responses[i], FFT_SIZE), active[i]) if responses else dry
            clean += dry
            mix += channels.line(rng, there) if own_line else there
        below = rng.uniform(0, 12) if rng.random() < 0.3 else rng.uniform(10, 35)
        if rng.random() < 0.9:
            mix += channels.noise(rng, self.corpus, WINDOW) * 10 ** (-below / 20)
        mix = channels.telephone(rng, mix) if name == "call" and rng.random() < 0.7 else channels.line(rng, mix)
        mix *= rng.uniform(0.03, 0.9) / (np.abs(mix).max() + 1e-6)
        if rng.random() < 0.03:
            mix = np.clip(2 * mix, -0.5, 0.5)
        truth = np.stack([fill_holes(mask, BRIDGE) for mask in active], 1) if count else np.zeros((STEPS, 1), bool)
        hiss = 10 ** (-rng.uniform(30, 45) / 20) * rng.standard_normal(WINDOW, dtype=np.float32)  # no recording is silent
        return Window(mix.astype(np.float32), 0.1 * (clean + hiss), truth)


def heard_at(level: float, spectrum: np.ndarray, active: np.ndarray) -> np.ndarray:
    """Samples of a spectrum, of that RMS where `active` [steps]."""
    track = fft.irfft(spectrum, FFT_SIZE)[:WINDOW].astype(np.float32)
    return track * np.float32(level / (np.sqrt((track.reshape(STEPS, -1)[active] ** 2).mean()) + 1e-6))


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
def write_shard(path: Path, windows: list[Window], mel: LogMel, teacher) -> None:
    """The class of a frame is the truth's, or where there is none the teacher's."""
    if teacher:
        soft = np.concatenate([teacher(window.clean[None]) for window in windows])
    hard = np.stack([soft[i].argmax(1) if own.truth is None else encode(on_frames(own.truth)) for i, own in enumerate(windows)])
    if not teacher:
        soft = np.log(np.eye(7, dtype=np.float32)[hard] * 0.97 + 0.005)
    mels = torch.cat([mel(part[:, None]) for part in torch.from_numpy(np.stack([window.sound for window in windows])).split(10)])
    part = path.with_suffix(".part.npz")
    np.savez(part, mel=mels.half().numpy(), hard=hard.astype(np.uint8), soft=soft.astype(np.float16))
    os.replace(part, path)


def shards(split: str, name: str, count: int, windows, teacher, seed: int = 0) -> None:
    """Writes the files of a split that do not exist yet; `windows` makes one's from a generator of random numbers."""
    folder = WORK / "mixtures" / split
    folder.mkdir(parents=True, exist_ok=True)
    mel = LogMel()
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
    shards(args.split, f"{args.seed:03d}", -(-args.count // args.shard), make, teacher, args.seed)
