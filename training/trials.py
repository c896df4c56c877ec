"""Equal error rates on pairs of pieces of 1, 2 and 4 s of speakers that were never trained on.

    python trials.py NAME=MODEL_FOLDER … [--teacher DIR] [--split test] [--seeds 7 8 9 …] [--json FILE]

Every second piece is in a simulated room, noisy, or came through a line; pairs are within one corpus. Scores are cosines, after
the mean of all pieces is taken off. The trials are the same for every network: they depend on the seed only. One seed's rates are off by
half a point and more: with several, each with other pieces, rooms and noise, their mean is printed, and how far it may be off (standard error).
"""
import argparse
import json
from pathlib import Path

import numpy as np
import torch

import channels
from corpus import Corpus
from features import fbank
from pieces import reverberant, stretches
from rooms import Rooms
from settings import SAMPLE_RATE
from teachers import EmbeddingTeacher, open_session

PER_SPEAKER = 8
LENGTHS = (1, 2, 4)


def pieces_of(corpus: Corpus, splits: list[str], seed: int) -> list[tuple[str, np.ndarray]]:
    """4 s of speech each; shorter trials are their beginnings."""
    rng, rooms, out = np.random.default_rng(seed), Rooms(), []
    for speaker in corpus.speakers(*splits):
        joined = [x[np.repeat(mask, 160)] for x, mask in stretches(corpus, speaker, rng, 60)]
        speech = np.concatenate(joined) if joined else np.zeros(0, np.float32)
        for i in range(min(PER_SPEAKER, len(speech) // (4 * SAMPLE_RATE))):
            x = speech[i * 4 * SAMPLE_RATE : (i + 1) * 4 * SAMPLE_RATE]
            if i % 2:
                x = channels.line(rng, reverberant(rng, rooms, x) if rng.random() < 0.6 else x)
                x = x + channels.noise(rng, corpus, len(x)) * x.std() * 10 ** (-rng.uniform(5, 25) / 20)
            out.append((speaker, 0.05 * x.astype(np.float32) / x.std()))
    return out


def wave_embedder(trunk, head):
    """Samples -> vector, by a trunk and a head in PyTorch."""

    @torch.no_grad()
    def embed(x: np.ndarray) -> np.ndarray:
        bank = fbank(torch.from_numpy(x[None]))
        features = trunk(bank - bank.mean(1, keepdim=True))
        return head(features, torch.ones_like(features[:, 0]))[0].numpy()

    return embed


def embed_with(folder: Path):
    trunk, head = open_session(folder / "embedding-trunk.fp16.onnx"), open_session(folder / "embedding-head.fp16.onnx")

    def embed(x: np.ndarray) -> np.ndarray:
        bank = fbank(torch.from_numpy(x[None]))
        features = trunk.run(None, {"fbank": (bank - bank.mean(1, keepdim=True)).numpy()})[0]
        return head.run(None, {"features": features, "weights": np.ones((1, features.shape[2]), np.float32)})[0][0]

    return embed


def embed_with_teacher(folder: Path):
    teacher = EmbeddingTeacher(folder)
    return lambda x: teacher(x)[0]


def equal_error_rate(same: np.ndarray, other: np.ndarray) -> float:
    """Where as many pairs of one speaker lie below the threshold as pairs of two lie above it, in %."""
    thresholds = np.sort(np.concatenate([same, other]))
    missed = np.searchsorted(np.sort(same), thresholds) / len(same)
    false = 1 - np.searchsorted(np.sort(other), thresholds) / len(other)
    at = np.argmin(np.abs(missed - false))
    return float(50 * (missed[at] + false[at]))


def rates(embed, corpus: Corpus, pieces) -> dict[str, float]:
    found = {}
    speakers = np.array([speaker for speaker, _ in pieces])
    sources = np.array([corpus.source[speaker] for speaker in speakers])
    pair = np.triu(sources[:, None] == sources[None], 1)
    same = speakers[:, None] == speakers[None]
    for seconds in LENGTHS:
        vectors = np.stack([embed(x[: seconds * SAMPLE_RATE]) for _, x in pieces])
        vectors -= vectors.mean(0)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        scores = vectors @ vectors.T
        found[f"{seconds} s"] = round(equal_error_rate(scores[pair & same], scores[pair & ~same]), 2)
    return found


def summary(found: list[float]) -> str:
    mean = f"{np.mean(found):.1f}"
    return f"{mean} %" if len(found) == 1 else f"{mean} ± {np.std(found, ddof=1) / len(found) ** 0.5:.1f} %"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", help="NAME=FOLDER")
    parser.add_argument("--teacher", type=Path)
    parser.add_argument("--split", nargs="+", default=["test"])
    parser.add_argument("--seeds", type=int, nargs="+", default=[7])
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(1)
    corpus = Corpus()
    embedders = {name: embed_with(Path(folder)) for name, folder in (m.split("=", 1) for m in args.models)}
    if args.teacher:
        embedders["teacher"] = embed_with_teacher(args.teacher)
    table = {name: [] for name in embedders}
    for seed in args.seeds:
        pieces = pieces_of(corpus, args.split, seed)
        print(f"{len(pieces)} pieces of {len({s for s, _ in pieces})} speakers, seed {seed}", flush=True)
        for name, embed in embedders.items():
            table[name].append(rates(embed, corpus, pieces))
    for name, rows in table.items():
        print(name, " ".join(f"{length}: {summary([row[length] for row in rows])}" for length in rows[0]))
    if args.json:
        args.json.write_text(json.dumps(table, indent=1))
