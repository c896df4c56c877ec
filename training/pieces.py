"""Three to six seconds of one voice at a time, in several conditions, with what the teacher says of it; in files of 24 speakers.

    python pieces.py --teacher DIR [--seed 1] [--more] [--cap 60] [--part 0/2]

Every stretch of speech of the training speakers is kept as it is and as a pseudo-speaker's, faster or slower by a factor of
its own; and backwards, as it is and as another pseudo-speaker's, for backward speech is other speech of the same voice. With
--more, which another seed gives to the pieces there are, what speakers say as it is, which they said before, is left out. Of
each there are three filter banks (16-bit floats): the sound itself, in a simulated room, and through a line, half of the time
in another room. The teacher hears the clean sound only: what the student is to say of the others is what a clean recording
says. It says a vector for the piece and, 25 times a second, the strongest 128 directions of what it pools. Files that exist
are kept: a run that was stopped goes on. `--part 1/2` makes every second file, for two processes.
"""
import argparse
import os
import time
from pathlib import Path

import numpy as np
import torch
from scipy import fft

import channels
from corpus import Corpus
from features import fbank
from rooms import Rooms
from settings import MASK_HOP, SAMPLE_RATE, WORK
from voices import stretch

SHORTEST, LONGEST = 3.0, 6.0
PSEUDO = ((0.76, 0.86), (0.86, 0.95), (1.05, 1.16), (1.16, 1.3))  # ranges of factors, of which a speaker gets two
VARIANTS = 3
NOISES, NOISE_FRAMES = 600, 640
SHARD = 24
BASIS = 128


def stretches(corpus: Corpus, speaker: str, rng: np.random.Generator, cap: float):
    """(samples, mask) of the speech of a speaker, utterances joined or cut to 3 to 6 s; pauses at the ends are left out."""
    sound, masks, total = [], [], 0.0
    for at in rng.permutation(len(corpus.utterances[speaker])):
        start, length = corpus.utterances[speaker][at]
        mask = corpus.mask(start, length)
        spoken = np.flatnonzero(mask)
        first, last = max(0, spoken[0] - 5), min(len(mask), spoken[-1] + 6)
        while last - first > 40 and total < cap:
            have = sum(map(len, masks))
            end = min(last, first + int(LONGEST * 100) - have)
            sound.append(corpus.samples(start + first * MASK_HOP, (end - first) * MASK_HOP))
            masks.append(mask[first:end])
            total += (end - first) / 100
            first = end
            if sum(map(len, masks)) >= SHORTEST * 100:
                yield np.concatenate(sound), np.concatenate(masks)
                sound, masks = [], []
    if sum(map(len, masks)) >= 100:
        yield np.concatenate(sound), np.concatenate(masks)


def reverberant(rng: np.random.Generator, rooms: Rooms, x: np.ndarray) -> np.ndarray:
    response = rooms.draw(rng, 1)[0]
    size = fft.next_fast_len(len(x) + len(response), real=True)
    return fft.irfft(fft.rfft(x, size) * fft.rfft(response, size), size)[: len(x)].astype(np.float32)


def through_a_line(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """Two times of five a telephone, which people use most."""
    return channels.telephone(rng, x) if rng.random() < 0.4 else channels.line(rng, x)


def quiet(x: np.ndarray) -> np.ndarray:
    return 0.05 * x / (np.sqrt((x**2).mean()) + 1e-6)


def basis_of(teacher, corpus: Corpus, seed: int, path: Path) -> np.ndarray:
    """[512, 128] strongest directions of the teacher's features, scaled to variance 1, from 60 speakers."""
    if path.exists():
        return np.load(path)
    rng = np.random.default_rng(seed)
    chosen = rng.permutation(corpus.speakers("train"))[:60]
    heard = [teacher(quiet(x))[1] for s in chosen for x, _ in [next(stretches(corpus, s, rng, 6))]]
    found = np.concatenate(heard)
    values, vectors = np.linalg.eigh(np.cov(found, rowvar=False))
    basis = vectors[:, ::-1][:, :BASIS] / np.sqrt(values[::-1][:BASIS])
    np.save(path, basis.astype(np.float32))
    return basis


def write_shard(path: Path, speakers: list[str], corpus: Corpus, rooms: Rooms, teacher, basis, rng, cap: float, more: bool) -> None:
    banks, masks, steps, targets, index, at = [], [], [], [], [], 0
    for speaker in speakers:
        forward, backward = (float(rng.uniform(*PSEUDO[i])) for i in rng.choice(len(PSEUDO), 2, replace=False))
        for x, mask in stretches(corpus, speaker, rng, cap):
            for factor in (forward, -1.0, -backward) if more else (1.0, forward, -1.0, -backward):  # below 0: backwards
                y, own = stretch(quiet(x), mask, abs(factor))
                if factor < 0:
                    y, own = y[::-1].copy(), own[::-1].copy()
                line = through_a_line(rng, reverberant(rng, rooms, y) if rng.random() < 0.5 else y)
                variants = [y, quiet(reverberant(rng, rooms, y)), quiet(line)]
                bank = fbank(torch.from_numpy(np.stack(variants).astype(np.float32))).half().numpy()
                frames = min(bank.shape[1], len(own)) // 4 * 4
                target, said = teacher(y) if teacher else (np.zeros(192, np.float32), np.zeros((frames // 4, 512), np.float32))
                banks.append(bank[:, :frames])
                masks.append(own[:frames])
                steps.append((said[: frames // 4] @ basis).astype(np.float16))
                targets.append(target)
                index.append((at, frames, speaker, factor))
                at += frames
    part = path.with_suffix(".part.npz")
    starts, lengths, names, factors = zip(*index)
    np.savez(
        part, banks=np.concatenate(banks, 1), mask=np.concatenate(masks).astype(np.uint8), steps=np.concatenate(steps),
        targets=np.stack(targets), starts=starts, lengths=lengths, speakers=names, factors=np.array(factors, np.float32),
        sources=[corpus.source[s] for s in names], sexes=[str(corpus.sex[s]) for s in names],
    )
    os.replace(part, path)


def build(teacher, seed: int, cap: float, folder: Path, part: int, parts: int, size: int, more: bool) -> None:
    corpus, rooms = Corpus(), Rooms()
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    if part == 0:
        noises = [fbank(torch.from_numpy(0.05 * channels.noise(rng, corpus, NOISE_FRAMES * 160 + 240))) for _ in range(NOISES)]
        np.save(folder / "noises.npy", torch.stack(noises).half().numpy())
    basis = basis_of(teacher, corpus, seed, folder / f"basis-{part}.npy") if teacher else np.zeros((512, BASIS), np.float32)
    speakers = np.random.default_rng(seed).permutation(corpus.speakers("train")).tolist()
    for number, first in enumerate(range(0, len(speakers), size)):
        path = folder / f"{seed:03d}-{number:04d}.npz"
        if number % parts != part or path.exists():
            continue
        began, rng = time.time(), np.random.default_rng([seed, number])
        write_shard(path, speakers[first : first + size], corpus, rooms, teacher, basis, rng, cap, more)
        print(f"{path.name} of {-(-len(speakers) // size)}, {time.time() - began:.0f} s", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", type=Path, help="folder of camplusplus.py and, below it, its weights")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--more", action="store_true")
    parser.add_argument("--cap", type=float, default=60, help="seconds of a speaker")
    parser.add_argument("--part", default="0/1")
    parser.add_argument("--shard", type=int, default=SHARD, help="speakers in a file")
    args = parser.parse_args()
    torch.set_num_threads(1)
    from teachers import EmbeddingTeacher

    part, parts = map(int, args.part.split("/"))
    build(EmbeddingTeacher(args.teacher) if args.teacher else None, args.seed, args.cap, WORK / "pieces", part, parts, args.shard, args.more)
