"""Trains the embedding on the pieces of pieces.py.

    python train_embedding.py --init ../engine/models/embedded-v0 --steps 16000

A training example is a strip of 3.2 or 6.4 s with a turn of each of two people, of the same corpus and sex as a rule, who may
talk over each other, and noise below. Both turns are embedded with a mask. Four losses: the teacher's direction, the teacher's
similarities between all turns of the batch, which of the speakers it was (additive angular margin), and, 25 times a second, what
the teacher pools. Goes on from its last checkpoint, as train_segmentation.py does.
"""
import argparse
import copy
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

from corpus import Corpus
from networks import SHAPES, Head, Trunk, parameters
from pieces import BASIS, VARIANTS
from schedule import average, rate
from settings import WORK
from trials import pieces_of, rates, wave_embedder
from warm_start import embedding_from, grown

LENGTHS = (320, 640)  # frames of a strip
CONDITIONS = (0.25, 0.5, 0.25)  # the sound itself, in a room, through a line
SILENCE = -16.0  # below any sound at the level of the pieces


class Pieces:
    """All pieces there are. A label is a speaker, forwards and backwards, or one of a speaker's pseudo-speakers.

    Without `backwards` only what people sound like, for what is fitted to it. Of the turns, `shuffled` are cut into blocks
    of 0.2 to 0.8 s that follow each other in any order; of the strips, `hidden` have bands taken out, and as many a few frames
    (Park et al. 2019, "SpecAugment").
    """

    def __init__(
        self, folder: Path = WORK / "pieces", backwards=False, shuffled: float = 0.0, hidden: float = 0.0, silent: float = 0.0
    ):
        self.share_shuffled, self.share_hidden, self.share_silent = shuffled, hidden, silent
        shards = [dict(np.load(path)) for path in sorted(folder.glob("*[0-9].npz"))]
        if not shards:
            raise FileNotFoundError(f"{folder}: no pieces. Run `python pieces.py` first.")
        self.noises = np.load(folder / "noises.npy")
        joined = {key: np.concatenate([s[key] for s in shards]) for key in ("targets", "speakers", "factors", "sources", "sexes")}
        kept = (joined["factors"] > 0) | backwards
        joined = {key: array[kept] for key, array in joined.items()}
        everywhere = [(s, i) for s in shards for i in range(len(s["starts"]))]
        self.where = [place for place, keep in zip(everywhere, kept) if keep]
        names = list(zip(joined["speakers"], np.abs(joined["factors"])))
        self.names = sorted(set(names))
        number = {name: i for i, name in enumerate(self.names)}
        self.label = np.array([number[name] for name in names])
        self.of_label = [np.flatnonzero(self.label == i) for i in range(len(self.names))]
        about = {name: (source, sex) for name, source, sex in zip(names, joined["sources"], joined["sexes"])}
        groups: dict[tuple, list[int]] = {}
        for i, name in enumerate(self.names):
            groups.setdefault(about[name], []).append(i)
        self.group = [groups[about[name]] for name in self.names]
        pieces = np.array([len(own) for own in self.of_label])
        self.chance = pieces**0.5 / (pieces**0.5).sum()
        targets = joined["targets"].copy()
        for own in (joined["factors"] > 0, joined["factors"] < 0):  # what backward speech has in common is nobody's voice
            targets[own] -= targets[own].mean(0) if own.any() else 0
        targets = F.normalize(torch.from_numpy(targets)).numpy()
        centres = np.stack([targets[own].mean(0) for own in self.of_label])
        self.centres = centres
        self.target = 0.6 * targets + 0.4 * centres[self.label]  # a piece's own, steadied by its speaker's

    def crop(self, rng, piece: int, variant: int, frames: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """So many frames of a piece with their mask and what the teacher pools; a shorter piece is repeated.

        Shuffled, it is still the voice, and no longer what was said, which is easily learnt by heart.
        """
        shard, i = self.where[piece]
        at, length = int(shard["starts"][i]), int(shard["lengths"][i])
        first = 4 * int(rng.integers(max(1, (length - frames) // 4 + 1)))
        rows = first + np.arange(frames)
        if rng.random() < self.share_shuffled:
            rows = self.shuffled(rng, rows)
        rows = at + rows % length
        return shard["banks"][variant, rows].astype(np.float32), shard["mask"][rows] > 0, shard["steps"][rows[::4] // 4]

    def shuffled(self, rng, rows: np.ndarray) -> np.ndarray:
        size = 4 * int(rng.integers(5, 21))
        blocks = np.split(rows, range(size, len(rows), size))
        return np.concatenate([blocks[i] for i in rng.permutation(len(blocks))])

    def strip(self, rng, size: int):
        """Log-mel [size, 80], two masks, the two pieces, what the teacher pools [size / 4, 128]."""
        first = int(rng.choice(len(self.chance), p=self.chance))
        alone = rng.random() < 0.3
        near = self.group[first] if rng.random() < 0.7 else range(len(self.chance))
        second = first if alone else int(near[rng.integers(len(near))])
        chosen = [int(rng.choice(self.of_label[label])) for label in (first, second)]
        variants = rng.choice(VARIANTS, 2, p=CONDITIONS)
        if rng.random() < 0.7:
            variants[1] = variants[0]
        border = 4 * int(rng.integers(20, size // 4 - 20))
        overlap = 4 * int(rng.integers(-10, 15)) if rng.random() < 0.6 and not alone else 0
        power, masks = np.full((size, 80), np.exp(SILENCE), np.float32), np.zeros((2, size), bool)
        steps = np.zeros((size // 4, BASIS), np.float32)
        spans = ((0, min(size, border + max(0, overlap))), (border + max(0, -overlap), size))
        exact = rng.random() < 0.6  # else pauses are inside the mask
        for i, (a, b) in enumerate(spans):
            found, mask, said = self.crop(rng, chosen[i], variants[i], b - a)
            power[a:b] += np.exp(found + (rng.uniform(-1.5, 1.5) if i else 0))
            masks[i, a:b] = mask if exact else True
            steps[a // 4 : b // 4] = said
        both = np.zeros(size, bool)
        both[spans[1][0] : spans[0][1]] = True
        masks &= ~both
        noise = self.noises[rng.integers(len(self.noises)), :size].astype(np.float32)
        below = rng.uniform(-2, 14) if rng.random() < 0.4 else rng.uniform(8, 40)
        power += np.exp(noise - below / 4.343)
        if rng.random() < 0.4:  # a short turn
            i = int(rng.integers(2))
            on = np.flatnonzero(masks[i])
            if len(on) > 70:
                keep = int(rng.integers(50, len(on)))
                start = int(rng.integers(len(on) - keep + 1))
                masks[i] = False
                masks[i, on[start : start + keep]] = True
        mel = self.centred(rng, np.log(power), noise - below / 4.343)
        return self.hidden(rng, mel) if rng.random() < self.share_hidden else mel, masks, chosen, steps

    def hidden(self, rng, mel: np.ndarray) -> np.ndarray:
        """One or two stretches of up to 12 bands, and up to 8 frames a second or so, at the mean."""
        for _ in range(int(rng.integers(1, 3))):
            first = int(rng.integers(80))
            mel[:, first : first + int(rng.integers(1, 13))] = 0
        for _ in range(int(rng.integers(0, len(mel) // 100 + 1))):
            first = int(rng.integers(len(mel)))
            mel[first : first + int(rng.integers(1, 9))] = 0
        return mel

    def centred(self, rng, mel: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Minus a mean that might be a whole recording's: with more or less silence in it, and of other speech.

        Of those with silence, `silent` are mostly silence's, as a channel's of a call is in which one person of several talks.
        """
        mean = mel.mean(0)
        if rng.random() < 0.5:
            most = self.share_silent and rng.random() < self.share_silent
            silence = rng.uniform(0.4, 0.95) if most else rng.uniform(0, 0.4)
            mean = mean + silence * (np.maximum(noise, SILENCE).mean(0) - mean)
        elif rng.random() < 0.5:
            mean = np.mean(mel[mel.mean(1) > np.median(mel.mean(1))], 0)
        response = np.interp(np.linspace(0, 5, 80), range(6), rng.normal(0, 0.35, 6)) + rng.normal(0, 0.15, 80)
        return mel - mean + response.astype(np.float32)

    def batch(self, rng, size: int):
        """A batch of so many short strips, or half as many long ones: both turns of each, first turns first."""
        length = int(rng.choice(LENGTHS))
        strips = [self.strip(rng, length) for _ in range(max(1, size * LENGTHS[0] // length))]
        mel = torch.from_numpy(np.stack([s[0] for s in strips]).astype(np.float32))
        masks = torch.from_numpy(np.stack([s[1] for s in strips]).astype(np.float32))
        pieces = np.array([s[2] for s in strips])
        fold = lambda x: torch.from_numpy(x).transpose(0, 1).flatten(0, 1)
        weights = F.avg_pool1d(masks, 4).transpose(0, 1).flatten(0, 1)
        steps = torch.from_numpy(np.stack([s[3] for s in strips]))
        return mel, weights, fold(self.label[pieces]), fold(self.target[pieces]), steps


class Margin(nn.Module):
    """Additive angular margin (Deng et al. 2019): cross-entropy of cosines, the right one's angle made larger."""

    def __init__(self, classes: int, dimension: int = 192, scale: float = 30):
        super().__init__()
        self.centres = nn.Parameter(F.normalize(torch.randn(classes, dimension)))
        self.scale = scale

    def forward(self, unit, label, margin: float):
        cosine = (unit @ F.normalize(self.centres).T).clamp(-0.999, 0.999)
        right = torch.acos(cosine.gather(1, label[:, None])) + margin
        return F.cross_entropy(self.scale * cosine.scatter(1, label[:, None], torch.cos(right.clamp(max=torch.pi))), label)


def equal_error_rates(network: nn.ModuleDict, corpus: Corpus, trials) -> str:
    embed = wave_embedder(network["trunk"], network["head"])
    return " ".join(f"{length}: {rate:.1f} %" for length, rate in rates(embed, corpus, trials).items())


def begin(init: Path | None, seed: int, data: Pieces) -> nn.ModuleDict:
    """What training begins with: a shipped version, grown where it is smaller, or random numbers."""
    torch.manual_seed(seed)
    if init is None:
        return nn.ModuleDict({"trunk": Trunk(), "head": Head()})
    calibration = data.batch(np.random.default_rng(0), 48)[0]
    trunk, head = grown(*embedding_from(init, calibration), SHAPES["1"])
    return nn.ModuleDict({"trunk": trunk, "head": head})


def train(args) -> None:
    torch.set_num_threads(args.threads)
    data = Pieces(backwards=True, shuffled=args.shuffled, hidden=args.hidden, silent=args.silent)
    network = begin(args.init, args.seed, data).to(memory_format=torch.channels_last)
    trunk, head = network["trunk"], network["head"]
    mean = copy.deepcopy(network).eval()
    side = nn.Linear(SHAPES["1"].features, BASIS)  # for what the teacher pools, thrown away
    margin = Margin(len(data.of_label))
    with torch.no_grad():
        margin.centres.copy_(F.normalize(torch.from_numpy(data.centres)))
    weights = [*network.parameters(), *margin.parameters(), *side.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=args.rate, betas=(0.9, 0.98), weight_decay=1e-2)
    path, first = WORK / "embedding.pt", 0
    parts = {"network": network, "mean": mean, "margin": margin, "side": side, "optimizer": optimizer}
    if path.exists():
        state = torch.load(path)
        first = state["step"]
        for name, part in parts.items():
            part.load_state_dict(state[name])
    corpus = Corpus()
    trials = pieces_of(corpus, ["dev"], 7)
    print(f"{parameters(network)} parameters, {len(data.label)} pieces, from step {first}, {vars(args)}", flush=True)
    print(f"step {first}: {equal_error_rates(mean, corpus, trials)}", flush=True)
    losses, began = [], time.time()
    for step in range(first, args.steps):
        rng = np.random.default_rng([args.seed, step])
        for group in optimizer.param_groups:
            group["lr"] = args.rate * rate(step, args.steps)
        mel, masks, label, target, steps = data.batch(rng, args.batch)
        network.train()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            features = trunk(mel)
        features = features.float()
        enough = masks.sum(1) > 8  # a third of a second
        unit = F.normalize(head(features.repeat(2, 1, 1), masks)[enough])
        label, target = label[enough], F.normalize(target[enough])
        direction = 1 - (unit * target).sum(1).mean()
        relation = ((unit @ unit.T - target @ target.T) ** 2).mean()
        speaker = margin(unit, label, 0.2 * min(1, step / 2000))
        spoken = masks.chunk(2)[0] + masks.chunk(2)[1] > 0.5
        pooled = ((side(features.transpose(1, 2)) - steps)[spoken] ** 2).mean()
        optimizer.zero_grad(set_to_none=True)
        (args.direction * direction + args.relation * relation + args.speaker * speaker + args.pooled * pooled).backward()
        nn.utils.clip_grad_norm_(weights, 5.0)
        optimizer.step()
        average(mean, network, step)
        losses.append((direction.item(), relation.item(), speaker.item(), pooled.item()))
        last = step + 1 == args.steps
        if (step + 1) % 100 == 0 or last:
            d, r, s, p = np.mean(losses[-100:], 0)
            each = (time.time() - began) / len(losses)
            print(f"step {step + 1}: direction {d:.4f}, relation {r:.4f}, speaker {s:.3f}, pooled {p:.3f}, {each:.2f} s a step", flush=True)
        if (step + 1) % args.save == 0 or last:
            torch.save({"step": step + 1, **{name: part.state_dict() for name, part in parts.items()}}, path)
        if (step + 1) % args.check == 0 or last:
            print(f"step {step + 1}: {equal_error_rates(mean, corpus, trials)}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--init", type=Path, help="folder of a shipped version to begin with; without it, from nothing")
    parser.add_argument("--steps", type=int, default=16000)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--direction", type=float, default=2.0)
    parser.add_argument("--relation", type=float, default=10.0)
    parser.add_argument("--speaker", type=float, default=0.08)
    parser.add_argument("--pooled", type=float, default=0.5)
    parser.add_argument("--shuffled", type=float, default=0.4)
    parser.add_argument("--hidden", type=float, default=0.5)
    parser.add_argument("--silent", type=float, default=0.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", type=int, default=500)
    parser.add_argument("--check", type=int, default=2000)
    train(parser.parse_args())
