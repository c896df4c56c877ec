"""Where somebody speaks in a recording of one person, 100 values a second: by a teacher network, or by energy alone."""
import numpy as np

from settings import FRAME_FIELD, FRAME_STEP, MASK_HOP, WINDOW


def energy_mask(samples: np.ndarray) -> np.ndarray:
    """Louder than a third of the way (in dB) from the quiet tenth to the loud twentieth, holes under 0.15 s filled."""
    steps = len(samples) // MASK_HOP
    power = (samples[: steps * MASK_HOP].astype(np.float32).reshape(steps, MASK_HOP) ** 2).mean(1)
    level = 10 * np.log10(power + 1)
    heard = level[level > 0]
    if len(heard) < 10:
        return np.zeros(steps, bool)
    quiet, loud = np.percentile(heard, [10, 95])
    return fill_holes(level > max(quiet + (loud - quiet) / 3, loud - 35), 15)


def teacher_mask(samples: np.ndarray, teacher) -> np.ndarray:
    """Where the teacher gives nobody less than one half, in windows of 10 s that follow each other."""
    steps = len(samples) // MASK_HOP
    count = max(1, -(-len(samples) // WINDOW))
    padded = np.zeros(count * WINDOW, np.float32)
    padded[: len(samples)] = samples
    windows = padded.reshape(count, WINDOW)
    windows *= 0.5 / np.maximum(np.abs(windows).max(1, keepdims=True), 1)
    nobody = np.exp(np.concatenate([teacher(window[None])[:, :, 0] for window in windows]))
    centre = (np.arange(WINDOW // MASK_HOP) + 0.5) * MASK_HOP
    frame = np.clip(np.round((centre - FRAME_FIELD / 2) / FRAME_STEP).astype(int), 0, nobody.shape[1] - 1)
    return (nobody[:, frame] < 0.5).reshape(-1)[:steps]


def fill_holes(mask: np.ndarray, longest: int) -> np.ndarray:
    """Holes of at most `longest` steps between two spoken stretches become speech."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    out = mask.copy()
    for end, start in zip(edges[1::2][:-1], edges[2::2]):
        if start - end <= longest:
            out[end:start] = True
    return out
