"""Trains the segmentation on the mixtures of mixtures.py.

    python train_segmentation.py --init ../engine/models/embedded-v0/segmentation.fp16.onnx --steps 8000

The learning rate rises, stays, and falls over the last fifth of the steps. A run that was stopped goes on from its last
checkpoint (the same command again); with more or fewer --steps too. Mixtures that are written meanwhile join in.
"""
import argparse
import copy
import time
from pathlib import Path

import numpy as np
import torch
from torch import nn
import torch.nn.functional as F

from networks import Segmentation, parameters
from powerset import align, local_errors, permuted_costs
from schedule import average, rate
from settings import WORK
from warm_start import segmentation_from


class Windows:
    """All windows of a split, in memory."""

    def __init__(self, split: str):
        self.folder, self.seen, self.parts = WORK / "mixtures" / split, set(), []
        self.refresh()
        if not self.parts:
            raise FileNotFoundError(f"{self.folder}: no mixtures. Run `python mixtures.py --split {split}` first.")

    def refresh(self) -> int:
        for path in sorted(self.folder.glob("*[0-9].npz")):
            if path.name not in self.seen:
                stored = np.load(path)
                self.parts.append((stored["mel"], stored["hard"], stored["soft"]))
                self.seen.add(path.name)
        return sum(len(part[1]) for part in self.parts)

    def draw(self, rng: np.random.Generator, count: int) -> list[np.ndarray]:
        chosen = [(self.parts[i], rng.integers(len(self.parts[i][1]))) for i in rng.integers(len(self.parts), size=count)]
        return [np.stack([part[k][row] for part, row in chosen]) for k in range(3)]

    def everything(self) -> list[torch.Tensor]:
        return [torch.from_numpy(np.concatenate([part[k] for part in self.parts])) for k in range(3)]


def disturb(rng: np.random.Generator, mel: np.ndarray) -> np.ndarray:
    """Log-mel with now and then steady noise, another response of the microphone, or a band that is missing."""
    mel = mel.astype(np.float32)
    count, bands, frames = mel.shape
    for window in mel:
        if rng.random() < 0.3:
            loud = np.percentile(window.mean(0), 90)
            noise = np.log(rng.gamma(2.0, 0.5, (bands, frames)).astype(np.float32) + 1e-3)
            noise += np.linspace(0, rng.uniform(-3, 1), bands, dtype=np.float32)[:, None] + loud - rng.uniform(0.5, 5)
            np.logaddexp(window, noise, out=window)
        if rng.random() < 0.5:
            window += np.interp(np.linspace(0, 6, bands), range(7), rng.normal(0, 0.7, 7)).astype(np.float32)[:, None]
        if rng.random() < 0.25:
            low = rng.integers(bands - 6)
            window[low : low + rng.integers(1, 7)] = window.mean()
    return mel


def target_of(hard: torch.Tensor, soft: torch.Tensor, agreed: float, disputed: float) -> torch.Tensor:
    """The truth, softened by the teacher: by so much where it agrees, by so much where it doesn't."""
    truth = F.one_hot(hard.long(), 7).float()
    opinion = align(truth, soft).exp()
    share = torch.where(opinion.argmax(2) == hard, agreed, disputed)[:, :, None]
    return (1 - share) * truth + share * opinion


def affinity(vectors: torch.Tensor, hard: torch.Tensor) -> torch.Tensor:
    """Deep clustering: vectors of one lone speaker's frames agree, of two speakers' are orthogonal; both weigh the same."""
    at = hard[:, Segmentation.REDUCE // 2 :: Segmentation.REDUCE][:, : vectors.shape[1]]
    vectors = F.normalize(vectors[:, : at.shape[1]], dim=2)
    alone = ((at >= 1) & (at <= 3)).float()
    same = (at[:, :, None] == at[:, None, :]).float()
    weight = alone[:, :, None] * alone[:, None, :]
    share = ((same * weight).sum() / (weight.sum() + 1)).clamp(0.05, 0.95)
    weight = weight * torch.where(same > 0, 0.5 / share, 0.5 / (1 - share))
    return (weight * (torch.bmm(vectors, vectors.transpose(1, 2)) - same) ** 2).sum() / (weight.sum() + 1)


@torch.no_grad()
def validate(network: Segmentation, windows: Windows) -> str:
    mel, hard, soft = windows.everything()
    scores = torch.cat([network.from_mel(part.float())[0] for part in mel.split(25)])
    wanted = soft.float()
    apart = permuted_costs(wanted.exp(), scores).min(1).values.mean() + (wanted.exp() * wanted).sum(2).mean()
    errors = {"": local_errors(hard, scores.argmax(2)), "| teacher ": local_errors(hard, wanted.argmax(2))}
    told = (name + " ".join(f"{key} {value:.2f}" for key, value in error.items()) for name, error in errors.items())
    return f"{' '.join(told)} | from the teacher {apart:.4f}"


def train(args) -> None:
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    data, checks = Windows("train"), {name: Windows(name) for name in args.checks}
    if args.init:
        calibration = torch.from_numpy(data.draw(np.random.default_rng(0), 48)[0]).float()
        network = segmentation_from(args.init, calibration)
    else:
        network = Segmentation()
    network = network.to(memory_format=torch.channels_last)
    mean = copy.deepcopy(network).eval()
    side = nn.Linear(2 * network.lstm2.hidden_size, 24)  # for the affinity, thrown away
    weights = [*network.parameters(), *side.parameters()]
    optimizer = torch.optim.AdamW(weights, lr=args.rate, betas=(0.9, 0.98), weight_decay=1e-3)
    path, first = WORK / "segmentation.pt", 0
    parts = {"network": network, "mean": mean, "side": side, "optimizer": optimizer}
    if path.exists():
        state = torch.load(path)
        first = state["step"]
        for name, part in parts.items():
            part.load_state_dict(state[name])
    print(f"{parameters(network)} parameters, from step {first}, {vars(args)}", flush=True)
    report = lambda step: [print(f"step {step}, {name}: {validate(mean, own)}", flush=True) for name, own in checks.items()]
    report(first)
    losses, began, total = [], time.time(), data.refresh()
    for step in range(first, args.steps):
        rng = np.random.default_rng([args.seed, step])
        if step % 100 == 0:
            total = data.refresh()
        for group in optimizer.param_groups:
            group["lr"] = args.rate * rate(step, args.steps)
        mel, hard, soft = data.draw(rng, args.batch)
        hard = torch.from_numpy(hard)
        target = target_of(hard, torch.from_numpy(soft).float(), *args.trust)
        network.train()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            scores, context = network.from_mel(torch.from_numpy(disturb(rng, mel)))
        cost = permuted_costs(target, scores.float()).min(1).values.mean()
        alike = affinity(side(context.float()), hard)
        optimizer.zero_grad(set_to_none=True)
        (cost + args.affinity * alike).backward()
        nn.utils.clip_grad_norm_(weights, 2.0)
        optimizer.step()
        average(mean, network, step)
        losses.append((cost.item(), alike.item()))
        last = step + 1 == args.steps
        if (step + 1) % 100 == 0 or last:
            cost, alike = np.mean(losses[-100:], 0)
            each = (time.time() - began) / len(losses)
            print(f"step {step + 1}: {total} windows, cost {cost:.4f}, affinity {alike:.4f}, {each:.2f} s a step", flush=True)
        if (step + 1) % args.save == 0 or last:
            torch.save({"step": step + 1, **{name: part.state_dict() for name, part in parts.items()}}, path)
        if (step + 1) % args.check == 0 or last:
            report(step + 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--init", type=Path, help="a shipped segmentation to begin with; without it, from nothing")
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--batch", type=int, default=12)
    parser.add_argument("--rate", type=float, default=6e-4)
    parser.add_argument("--affinity", type=float, default=0.5)
    parser.add_argument("--trust", type=float, nargs=2, default=[0.5, 0.1], help="share of the teacher in a target, where it agrees with the truth and where not")
    parser.add_argument("--checks", nargs="+", default=["dev"], help="splits to report errors on")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--save", type=int, default=200)
    parser.add_argument("--check", type=int, default=500)
    train(parser.parse_args())
