"""Who talks when: turns, pauses, overlaps and backchannels of a few kinds of conversation.

The kinds are plain numbers, so that a reader sees what was assumed. Alternating dialogues are many, because a network
that hears one channel and two similar voices tends not to notice the change.
"""
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Kind:
    share: float
    speakers: tuple[int, ...]  # one of these
    turn: float  # median seconds
    pause: float  # mean seconds between turns
    overlap: float  # share of the turns that begin before the last one ends
    backchannel: float  # share of the long turns with somebody else's "mhm" in them


KINDS = {
    "dialogue": Kind(0.26, (2, 2, 2, 3), 1.6, 0.25, 0.04, 0.05),
    "slow": Kind(0.10, (2, 2, 3), 4.0, 0.5, 0.08, 0.15),
    "meeting": Kind(0.28, (2, 3, 3, 4), 2.2, 0.35, 0.25, 0.30),
    "heated": Kind(0.14, (2, 3, 4), 1.8, 0.15, 0.60, 0.40),
    "call": Kind(0.12, (2,), 2.0, 0.3, 0.15, 0.35),
    "monologue": Kind(0.08, (1,), 4.0, 0.8, 0.0, 0.0),
    "nobody": Kind(0.02, (0,), 1.0, 1.0, 0.0, 0.0),
}


@dataclass(frozen=True)
class Turn:
    speaker: int
    start: float  # may lie before 0: the window begins in the middle of a conversation
    length: float


def draw_kind(rng: np.random.Generator) -> str:
    shares = np.array([kind.share for kind in KINDS.values()])
    return list(KINDS)[rng.choice(len(shares), p=shares / shares.sum())]


def plan(rng: np.random.Generator, kind: Kind, speakers: int, duration: float) -> list[Turn]:
    if speakers == 0:
        return []
    talkative = rng.dirichlet(np.full(speakers, 3.0))
    turns, last = [], -1
    at = -rng.uniform(0, 3) if rng.random() < 0.7 else rng.exponential(0.8)
    pace = np.exp(rng.normal(0, 0.3))
    while at < duration:
        weights = talkative.copy()
        if last >= 0 and speakers > 1 and rng.random() < 0.9:
            weights[last] = 0
        speaker = int(rng.choice(speakers, p=weights / weights.sum()))
        length = float(np.clip(kind.turn * pace * np.exp(rng.normal(0, 0.6)), 0.3, 12))
        turns.append(Turn(speaker, at, length))
        if speakers > 1 and length > 1.2 and rng.random() < kind.backchannel:
            other = (speaker + 1 + int(rng.integers(speakers - 1))) % speakers
            turns.append(Turn(other, at + length * rng.uniform(0.2, 0.9), rng.uniform(0.25, 0.8)))
        gap = rng.exponential(kind.pause) + (2 * rng.exponential() if rng.random() < 0.05 else 0)
        if speaker != last and rng.random() < kind.overlap:
            gap = -min(0.1 + rng.exponential(0.7), 0.8 * length)
        at, last = at + length + gap, speaker
    return turns
