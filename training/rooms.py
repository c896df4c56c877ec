"""Simulated rooms: image sources for the early echoes (Allen and Berkley 1979), decaying noise for the late ones.

    python rooms.py --rooms 300 --seed 1

Each room is a box with one microphone and six mouths, 0.4 to 6 m away, RT60 0.15 to 1.2 s. The direct sound is at sample 0:
the truth of who speaks when stays true. A response's loudness is kept: a far mouth is fainter than a near one.
"""
import argparse

import numpy as np
from scipy import signal

from settings import SAMPLE_RATE, WORK

SOUND = 343.0
EARLY = 0.05  # seconds of image sources; later echoes are too dense to tell from noise
MOUTHS = 6


def response(rng: np.random.Generator, size: np.ndarray, mouth: np.ndarray, microphone: np.ndarray, rt60: float) -> np.ndarray:
    surface = 2 * (size[0] * size[1] + size[1] * size[2] + size[2] * size[0])
    reflection = np.sqrt(1 - min(0.95, 0.161 * size.prod() / (rt60 * surface)))
    direct = np.linalg.norm(mouth - microphone)
    reach = direct + EARLY * SOUND
    ranges = [np.arange(-n, n + 1) for n in np.ceil(reach / (2 * size)).astype(int)]
    grid = np.stack(np.meshgrid(*ranges, indexing="ij"), -1).reshape(-1, 1, 3)
    mirror = np.array([[i & 1, i >> 1 & 1, i >> 2] for i in range(8)])[None]
    distance = np.linalg.norm((1 - 2 * mirror) * mouth + 2 * grid * size - microphone, axis=2).ravel()
    walls = (np.abs(grid - mirror) + np.abs(grid)).sum(2).ravel()
    late = (distance - direct) / SOUND
    near = late < EARLY
    gains = direct / distance[near] * reflection ** walls[near] * np.where(walls[near] % 2, rng.choice([-1, 1], near.sum()), 1)
    out = np.zeros(int(min(rt60, 0.8) * SAMPLE_RATE), np.float32)
    at = (late[near] * SAMPLE_RATE).astype(int)
    keep = at < len(out)
    np.add.at(out, at[keep], gains[keep])
    # the diffuse field: its energy against the direct sound's follows from the room (critical distance), not from images
    time = np.arange(len(out)) / SAMPLE_RATE
    tail = rng.standard_normal(len(out)) * 10 ** (-3 * time / rt60)
    tail = signal.lfilter([1], [1, -rng.uniform(0.1, 0.6)], tail)  # treble is swallowed sooner
    tail[: int(0.004 * SAMPLE_RATE)] = 0
    critical = 0.057 * np.sqrt(size.prod() / rt60)
    directed = 10 ** (-rng.uniform(1, 7) / 20)  # a mouth sends most of its sound to the front
    tail *= directed * direct / critical / np.sqrt((tail**2).sum())
    rise = np.minimum(1, time / EARLY)
    out += (tail * rise).astype(np.float32)
    return out / max(direct, 0.3) ** 0.7  # people speak up over a distance: not the full inverse law


def room(rng: np.random.Generator) -> list[np.ndarray]:
    size = rng.uniform([2.5, 2.5, 2.3], [10, 7, 3.5])
    rt60 = float(np.exp(rng.uniform(np.log(0.15), np.log(1.2))))
    microphone = rng.uniform(0.3, size - 0.3)
    mouths = []
    while len(mouths) < MOUTHS:
        mouth = rng.uniform([0.3, 0.3, 1.0], np.minimum(size - 0.3, [99, 99, 1.8]))
        if 0.4 < np.linalg.norm(mouth - microphone) < 6:
            mouths.append(response(rng, size, mouth, microphone, rt60))
    return mouths


def build(count: int, seed: int) -> None:
    """Responses as 16-bit floats one after the other, and where each begins."""
    rng = np.random.default_rng(seed)
    responses = [r.astype(np.float16) for _ in range(count) for r in room(rng)]
    np.savez(WORK / "rooms.npz", samples=np.concatenate(responses), ends=np.cumsum([len(r) for r in responses]))


class Rooms:
    def __init__(self):
        stored = np.load(WORK / "rooms.npz")
        self.samples, self.ends = stored["samples"], stored["ends"]
        self.starts = np.concatenate([[0], self.ends[:-1]])

    def draw(self, rng: np.random.Generator, mouths: int) -> list[np.ndarray]:
        """Responses of different mouths in one room, scaled so that the mean of their loudness is that of the sound."""
        first = MOUTHS * int(rng.integers(len(self.ends) // MOUTHS))
        chosen = first + rng.permutation(MOUTHS)[np.arange(mouths) % MOUTHS]
        found = [self.samples[self.starts[i] : self.ends[i]].astype(np.float32) for i in chosen]
        scale = np.sqrt(np.mean([(r**2).sum() for r in found]))
        return [r / scale for r in found]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rooms", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    build(args.rooms, args.seed)
