"""Three to six seconds of one voice at a time, as it was, in a room, and through a line, with the teacher's embedding.

    python pieces.py --teacher DIR [--seed 1] [--cap 24]

Every stretch of speech of the training speakers is kept once as it is and once as a pseudo-speaker's. Of each there are three
filter banks (16-bit floats): the sound itself, in a simulated room, and in another room and through a line. The teacher hears
the clean sound only: what the student is to say of the others is what a clean recording says.
"""
import argparse
import json
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
from voices import FACTORS, warp

SHORTEST, LONGEST = 3.0, 6.0
TEACHER_SECONDS = 3
PSEUDO = (0.85, 0.9, 1.1, 1.15)
VARIANTS = 3
NOISES, NOISE_FRAMES = 300, 400


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


def build(teacher, seed: int, cap: float, folder: Path) -> None:
    rng = np.random.default_rng(seed)
    corpus, rooms = Corpus(), Rooms()
    folder.mkdir(parents=True, exist_ok=True)
    quiet = lambda x: 0.05 * x / (np.sqrt((x**2).mean()) + 1e-6)
    noises = [fbank(torch.from_numpy(0.05 * channels.noise(rng, corpus, NOISE_FRAMES * 160 + 240))) for _ in range(NOISES)]
    np.save(folder / "noises.npy", torch.stack(noises).half().numpy())
    index, targets, began = [], [], time.time()
    if (folder / "index.json").exists():
        index = json.loads((folder / "index.json").read_text())["pieces"]
        targets = list(np.load(folder / "targets.npy"))[: len(index)]
    at, done = sum(piece[1] for piece in index), {piece[2] for piece in index}
    speakers = rng.permutation(corpus.speakers("train")).tolist()
    about = {s: (corpus.source[s], corpus.sex[s]) for s in speakers}
    with open(folder / "fbank.f16", "ab") as banks, open(folder / "mask.u8", "ab") as masks:
        banks.truncate(at * VARIANTS * 80 * 2)
        masks.truncate(at)
        for number, speaker in enumerate(speakers):
            if speaker in done:
                continue
            rng = np.random.default_rng([seed, number])
            for x, mask in stretches(corpus, speaker, rng, cap):
                for factor in (1.0, float(rng.choice(PSEUDO))):
                    y, own = warp(quiet(x), mask, factor)
                    variants = [y, quiet(reverberant(rng, rooms, y)), quiet(channels.line(rng, reverberant(rng, rooms, y)))]
                    heard = fbank(torch.from_numpy(np.stack(variants).astype(np.float32)))
                    frames = min(heard.shape[1], len(own))
                    banks.write(heard[:, :frames].half().numpy().tobytes())
                    masks.write(own[:frames].astype(np.uint8).tobytes())
                    size = TEACHER_SECONDS * SAMPLE_RATE
                    middle = y[max(0, len(y) - size) // 2 :][:size]
                    clean = fbank(torch.from_numpy(np.ascontiguousarray(middle))[None], window="povey", scale=1)
                    targets.append(teacher(clean)[0] if teacher else np.zeros(192, np.float32))
                    index.append((at, frames, speaker, factor))
                    at += frames
            if number % 50 == 49 or number + 1 == len(speakers):
                banks.flush()
                masks.flush()
                np.save(folder / "targets.npy", np.stack(targets))
                (folder / "index.json").write_text(json.dumps({"pieces": index, "about": about}))
                print(f"{number + 1} of {len(speakers)} speakers, {len(index)} pieces, {time.time() - began:.0f} s", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--teacher", type=Path, help="folder of camplusplus.py and, below it, its weights")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cap", type=float, default=24, help="seconds of a speaker")
    args = parser.parse_args()
    torch.set_num_threads(1)
    from teachers import EmbeddingTeacher

    build(EmbeddingTeacher(args.teacher) if args.teacher else None, args.seed, args.cap, WORK / "pieces")
