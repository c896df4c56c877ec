"""The back end of VBx fitted to the trained embedding: centring, LDA and PLDA in the form of BUT's VBx.

    python plda.py [--seed 5]

    y = l2(x - mean1) sqrt(192) lda - mean2,  z = l2(y) sqrt(128),  f = (z - plda_mu) plda_tr',  psi
The embeddings are of turns in the training's own strips: rooms, lines, overlap and noise as in diarization.
"""
import argparse

import numpy as np
import torch
from scipy.linalg import eigh

from export import load_embedding
from settings import WORK
from train_embedding import Pieces

DIMENSION = 128


def unit(x: np.ndarray) -> np.ndarray:
    return x / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-12)


@torch.no_grad()
def collect(turns: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Embeddings and speakers of so many turns of a second and more."""
    trunk, head = load_embedding()
    data, rng = Pieces(), np.random.default_rng(seed)
    vectors, labels = [], []
    while sum(map(len, labels)) < turns:
        mel, masks, label, *_ = data.batch(rng, 48)
        enough = masks.sum(1) > 25
        vectors.append(head(trunk(mel).repeat(2, 1, 1), masks)[enough].numpy())
        labels.append(label[enough].numpy())
    return np.concatenate(vectors).astype(np.float64), np.concatenate(labels)


def covariances(x: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean, covariance within speakers and between them; every speaker weighs the same."""
    groups = [x[labels == label] for label in np.unique(labels)]
    means = np.stack([group.mean(0) for group in groups])
    within = np.mean([np.cov(group, rowvar=False) for group in groups], 0)
    noise = within * np.mean([1 / len(group) for group in groups])  # of the means themselves
    return means.mean(0), within, np.cov(means, rowvar=False) - noise


def fit(x: np.ndarray, labels: np.ndarray) -> dict[str, np.ndarray]:
    counted = np.bincount(labels)
    keep = counted[labels] >= 4
    x, labels = x[keep], labels[keep]
    mean1 = x.mean(0)
    centred = np.sqrt(x.shape[1]) * unit(x - mean1)
    _, within, between = covariances(centred, labels)
    within += 1e-3 * np.trace(within) / len(within) * np.eye(len(within))
    dimension = min(DIMENSION, len(np.unique(labels)) - 1)
    lda = eigh(between, within)[1][:, ::-1][:, :dimension]
    mean2 = (centred @ lda).mean(0)
    z = np.sqrt(dimension) * unit(centred @ lda - mean2)
    mu, within, between = covariances(z, labels)
    psi, vectors = eigh(between, within)  # of both at once: within becomes the identity, between diagonal
    return {
        "mean1": mean1, "lda": lda, "mean2": mean2, "plda_mu": mu,
        "plda_tr": vectors[:, ::-1].T, "plda_psi": np.maximum(psi[::-1], 1e-4),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=12000)
    parser.add_argument("--seed", type=int, default=5)
    args = parser.parse_args()
    torch.set_num_threads(1)
    found = fit(*collect(args.turns, args.seed))
    np.savez(WORK / "plda.npz", **{name: array.astype(np.float32) for name, array in found.items()})
    print("between-speaker variances", np.round(found["plda_psi"][:: max(1, len(found["plda_psi"]) // 8)], 2))
