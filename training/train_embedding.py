"""Trains the embedding on the pieces of pieces.py.

    python train_embedding.py --init ../engine/models/embedded-v0 --steps 8000

A training example is a strip of 3.2 s with a turn of each of two people, of the same corpus and sex as a rule, who may talk over
each other, and noise below. Both turns are embedded with a mask. Three losses: the teacher's direction, the teacher's
similarities between all turns of the batch, and which of the speakers it was (additive angular margin).
Goes on from its last checkpoint, as train_segmentation.py does.
"""
import argparse
import copy
import json
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

from networks import Head, Trunk, parameters
from pieces import VARIANTS
from schedule import average, rate
from settings import WORK
from warm_start import head_from, trunk_from

STRIP = 320
SILENCE = -16.0  # below any sound at the level of the pieces


class Pieces:
    def __init__(self, folder: Path = WORK / "pieces"):
        index = json.loads((folder / "index.json").read_text())
        self.pieces = index["pieces"]
        self.noises = np.load(folder / "noises.npy")
        frames = sum(piece[1] for piece in self.pieces)
        self.banks = np.memmap(folder / "fbank.f16", np.float16, "r", shape=(VARIANTS * frames, 80))
        self.masks = np.memmap(folder / "mask.u8", np.uint8, "r", shape=(frames,))
        names = sorted({(speaker, factor) for _, _, speaker, factor in self.pieces})
        number = {name: i for i, name in enumerate(names)}
        self.label = np.array([number[speaker, factor] for _, _, speaker, factor in self.pieces])
        self.of_label = [np.flatnonzero(self.label == i) for i in range(len(names))]
        groups = {}
        for i, (speaker, _) in enumerate(names):
            groups.setdefault(tuple(index["about"][speaker]), []).append(i)
        self.group = [groups[tuple(index["about"][speaker])] for speaker, _ in names]
        seconds = np.array([sum(self.pieces[p][1] for p in own) for own in self.of_label]) / 100
        self.chance = seconds**0.5 / (seconds**0.5).sum()
        targets = np.load(folder / "targets.npy")
        targets = F.normalize(torch.from_numpy(targets - targets.mean(0))).numpy()
        centres = np.stack([targets[own].mean(0) for own in self.of_label])
        self.target = 0.6 * targets + 0.4 * centres[self.label]  # a piece's own, steadied by its speaker's

    def crop(self, rng, piece: int, variant: int, frames: int) -> tuple[np.ndarray, np.ndarray]:
        """So many frames of a piece; a shorter one is repeated."""
        at, length, *_ = self.pieces[piece]
        first = int(rng.integers(max(1, length - frames + 1)))
        rows = (first + np.arange(frames)) % length
        return self.banks[VARIANTS * at + variant * length + rows].astype(np.float32), self.masks[at + rows] > 0

    def strip(self, rng) -> tuple[np.ndarray, np.ndarray, list[int]]:
        """Log-mel [320, 80], two masks, the two pieces."""
        first = int(rng.choice(len(self.chance), p=self.chance))
        alone = rng.random() < 0.3
        near = self.group[first] if rng.random() < 0.7 else range(len(self.chance))
        second = first if alone else int(near[rng.integers(len(near))])
        chosen = [int(rng.choice(self.of_label[label])) for label in (first, second)]
        variants = rng.integers(VARIANTS, size=2) if rng.random() < 0.5 else np.full(2, rng.integers(VARIANTS))
        border = int(rng.integers(80, STRIP - 80))
        overlap = int(rng.integers(-40, 60)) if rng.random() < 0.6 and not alone else 0
        power, masks = np.full((STRIP, 80), np.exp(SILENCE), np.float32), np.zeros((2, STRIP), bool)
        spans = ((0, min(STRIP, border + max(0, overlap))), (border + max(0, -overlap), STRIP))
        exact = rng.random() < 0.6  # else pauses are inside the mask
        for i, (a, b) in enumerate(spans):
            found, mask = self.crop(rng, chosen[i], variants[i], b - a)
            power[a:b] += np.exp(found + (rng.uniform(-1.5, 1.5) if i else 0))
            masks[i, a:b] = mask if exact else True
        both = np.zeros(STRIP, bool)
        both[spans[1][0] : spans[0][1]] = True
        masks &= ~both
        noise = self.noises[rng.integers(len(self.noises)), :STRIP].astype(np.float32)
        below = rng.uniform(-2, 12) if rng.random() < 0.25 else rng.uniform(8, 40)
        power += np.exp(noise - below / 4.343)
        if rng.random() < 0.4:  # a short turn
            i = int(rng.integers(2))
            on = np.flatnonzero(masks[i])
            if len(on) > 70:
                keep = int(rng.integers(50, len(on)))
                start = int(rng.integers(len(on) - keep + 1))
                masks[i] = False
                masks[i, on[start : start + keep]] = True
        return self.centred(rng, np.log(power), noise - below / 4.343), masks, chosen

    def centred(self, rng, mel: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Minus a mean that might be a whole recording's: with more or less silence in it, and of other speech."""
        mean = mel.mean(0)
        if rng.random() < 0.5:
            mean = mean + rng.uniform(0, 0.4) * (noise.mean(0) - mean)
        elif rng.random() < 0.5:
            mean = np.mean(mel[mel.mean(1) > np.median(mel.mean(1))], 0)
        return mel - mean + np.interp(np.linspace(0, 5, 80), range(6), rng.normal(0, 0.35, 6)).astype(np.float32)

    def batch(self, rng, size: int):
        strips = [self.strip(rng) for _ in range(size)]
        mel = torch.from_numpy(np.stack([s[0] for s in strips]).astype(np.float32))
        masks = torch.from_numpy(np.stack([s[1] for s in strips]).astype(np.float32))
        pieces = np.array([s[2] for s in strips])
        fold = lambda x: torch.from_numpy(x).transpose(0, 1).flatten(0, 1)  # first turns, then second ones
        weights = F.avg_pool1d(masks, 4).transpose(0, 1).flatten(0, 1)
        return mel, weights, fold(self.label[pieces]), fold(self.target[pieces])


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


def train(args) -> None:
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    data = Pieces()
    if args.init:
        calibration = data.batch(np.random.default_rng(0), 48)[0]
        trunk, head = trunk_from(args.init / "embedding-trunk.fp16.onnx", calibration), head_from(args.init / "embedding-head.fp16.onnx")
    else:
        trunk, head = Trunk(), Head()
    network = nn.ModuleDict({"trunk": trunk, "head": head}).to(memory_format=torch.channels_last)
    mean = copy.deepcopy(network).eval()
    margin = Margin(len(data.of_label))
    with torch.no_grad():
        margin.centres.copy_(F.normalize(torch.from_numpy(np.stack([data.target[own].mean(0) for own in data.of_label]))))
    weights = [*network.parameters(), *margin.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=args.rate, betas=(0.9, 0.98), weight_decay=1e-2)
    path, first = WORK / "embedding.pt", 0
    parts = {"network": network, "mean": mean, "margin": margin, "optimizer": optimizer}
    if path.exists():
        state = torch.load(path)
        first = state["step"]
        for name, part in parts.items():
            part.load_state_dict(state[name])
    print(f"{parameters(network)} parameters, {len(data.pieces)} pieces, from step {first}, {vars(args)}", flush=True)
    losses, began = [], time.time()
    for step in range(first, args.steps):
        rng = np.random.default_rng([args.seed, step])
        for group in optimizer.param_groups:
            group["lr"] = args.rate * rate(step, args.steps)
        mel, masks, label, target = data.batch(rng, args.batch)
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
        optimizer.zero_grad(set_to_none=True)
        (args.direction * direction + args.relation * relation + args.speaker * speaker).backward()
        nn.utils.clip_grad_norm_(weights, 5.0)
        optimizer.step()
        average(mean, network, step - first)
        losses.append((direction.item(), relation.item(), speaker.item()))
        last = step + 1 == args.steps
        if (step + 1) % 100 == 0 or last:
            d, r, s = np.mean(losses[-100:], 0)
            each = (time.time() - began) / len(losses)
            print(f"step {step + 1}: direction {d:.4f}, relation {r:.4f}, speaker {s:.3f}, {each:.2f} s a step", flush=True)
        if (step + 1) % args.save == 0 or last:
            torch.save({"step": step + 1, **{name: part.state_dict() for name, part in parts.items()}}, path)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--init", type=Path, help="folder of a shipped version to begin with; without it, from nothing")
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--batch", type=int, default=24)
    parser.add_argument("--rate", type=float, default=8e-4)
    parser.add_argument("--direction", type=float, default=2.0)
    parser.add_argument("--relation", type=float, default=10.0)
    parser.add_argument("--speaker", type=float, default=0.2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", type=int, default=250)
    train(parser.parse_args())
