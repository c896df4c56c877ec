"""Endless phrases of one speaker, and pseudo-speakers: a voice played faster or slower is another person's."""
import numpy as np
from scipy import signal

from corpus import Corpus
from settings import MASK_HOP

# up, down of the resampling: below 1 a larger and slower, above 1 a smaller and quicker speaker
FACTORS = {0.85: (20, 17), 0.9: (10, 9), 0.95: (20, 19), 1.0: (1, 1), 1.05: (20, 21), 1.1: (10, 11), 1.15: (20, 23)}


def warp(x: np.ndarray, mask: np.ndarray, factor: float) -> tuple[np.ndarray, np.ndarray]:
    if factor == 1:
        return x, mask
    out = signal.resample_poly(x, *FACTORS[factor], window=("kaiser", 5.0)).astype(np.float32)
    steps = len(out) // MASK_HOP
    return out[: steps * MASK_HOP], warped(mask, steps, factor)


def warped(mask: np.ndarray, steps: int, factor: float) -> np.ndarray:
    return mask[np.minimum((np.arange(steps) * factor).astype(int), len(mask) - 1)]


def stretch(x: np.ndarray, mask: np.ndarray, factor: float) -> tuple[np.ndarray, np.ndarray]:
    """As `warp`, by any factor: the spectrum is cut or filled up, which resamples a piece of a few seconds as a whole."""
    if factor == 1:
        return x, mask
    steps = int(len(x) / factor) // MASK_HOP
    out = signal.resample(x, steps * MASK_HOP).astype(np.float32)
    return out, warped(mask, steps, factor)


class Voice:
    """Hands out phrases: from a speech onset on, in the order they were spoken, a random utterance at a time."""

    def __init__(self, corpus: Corpus, rng: np.random.Generator, speaker: str, factor: float = 1.0):
        self.corpus, self.rng, self.factor = corpus, rng, factor
        self.utterances = corpus.utterances[speaker]
        self.rest: tuple[np.ndarray, np.ndarray] | None = None

    def take(self, steps: int) -> tuple[np.ndarray, np.ndarray]:
        """Up to so many mask steps (10 ms) of sound with its mask, beginning where speech does."""
        if self.rest is None or not self.rest[1].any():
            start, length = self.utterances[self.rng.integers(len(self.utterances))]
            if length > 6 * 16000:  # somewhere in a long one
                skip = int(self.rng.integers(length // 2)) // MASK_HOP * MASK_HOP
                start, length = start + skip, length - skip
            length = min(length, 20 * 16000)
            self.rest = warp(self.corpus.samples(start, length), self.corpus.mask(start, length), self.factor)
        x, mask = self.rest
        onset = max(0, int(np.argmax(mask)) - 2)
        end = min(len(mask), onset + steps)
        if end < len(mask) and mask[end - 1]:  # rather stop where there is a pause, if one is near
            quiet = np.flatnonzero(~mask[max(onset + 20, end - 40) : end])
            end = max(onset + 20, end - 40) + int(quiet[-1]) + 1 if len(quiet) else end
        piece, own = x[onset * MASK_HOP : end * MASK_HOP].copy(), mask[onset:end]
        self.rest = (x[end * MASK_HOP :], mask[end:]) if end < len(mask) else None
        fade = min(80, len(piece) // 4)
        if fade:
            piece[:fade] *= np.linspace(0, 1, fade, dtype=np.float32)
            piece[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
        return piece, own
