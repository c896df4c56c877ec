"""Weights between those training began with and those it ended with (Wortsman et al. 2022, "WiSE-FT").

    python blend.py segmentation --init ../engine/models/embedded-v0 --share 0.5
    python blend.py embedding --init ../engine/models/embedded-v0 --share 0.7 [--seed 1]

What fine-tuning on simulated sound gains is mostly kept, and so is what the first network knew of real sound. The
normalisations' statistics are taken anew, from training data. The checkpoint is replaced; the old one is kept beside it, and
begun from when another share is tried. `--seed` is the training's: a network that grew began with its random numbers.
"""
import argparse
import shutil
from pathlib import Path

import numpy as np
import torch
from torch import nn

from settings import WORK


def settle_anew(network: nn.Module, run) -> None:
    """Statistics of the normalisations: plain means over the runs."""
    for module in network.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.reset_running_stats()
            module.momentum = None
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    network.train()
    run()
    network.eval()


def mix(network: nn.Module, last: dict, share: float) -> None:
    first = network.state_dict()
    network.load_state_dict({
        name: value.lerp(last[name], share) if value.dtype.is_floating_point else value for name, value in first.items()
    })


def segmentation(args, last: dict) -> nn.Module:
    from train_segmentation import Windows, validate
    from warm_start import segmentation_from

    data, rng = Windows("train"), np.random.default_rng(0)
    windows = [torch.from_numpy(data.draw(rng, 25)[0]).float() for _ in range(24)]
    network = segmentation_from(args.init / "segmentation.fp16.onnx", windows[0])
    mix(network, last, args.share)
    settle_anew(network, lambda: [network.from_mel(mel) for mel in windows])
    print(f"share {args.share}: {validate(network, Windows('dev'))}", flush=True)
    return network


def embedding(args, last: dict) -> nn.Module:
    from corpus import Corpus
    from train_embedding import Pieces, begin, equal_error_rates
    from trials import pieces_of

    data = Pieces()
    network = begin(args.init, args.seed, data)
    mix(network, last, args.share)

    def run() -> None:
        for i in range(24):
            mel, masks, *_ = data.batch(np.random.default_rng([7, i]), 32)
            enough = masks.sum(1) > 8
            network["head"](network["trunk"](mel).repeat(2, 1, 1)[enough], masks[enough])

    settle_anew(network, run)
    corpus = Corpus()
    print(f"share {args.share}: {equal_error_rates(network, corpus, pieces_of(corpus, ['dev'], 7))}", flush=True)
    return network


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", choices=["segmentation", "embedding"])
    parser.add_argument("--init", type=Path, required=True, help="folder of the version that training began with")
    parser.add_argument("--share", type=float, default=0.5, help="of the trained weights")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    path, kept = WORK / f"{args.network}.pt", WORK / f"{args.network}-trained.pt"
    if not kept.exists():
        shutil.copy(path, kept)
    state = torch.load(kept)
    with torch.no_grad():
        network = {"segmentation": segmentation, "embedding": embedding}[args.network](args, state["mean"])
    torch.save({**state, "mean": network.state_dict()}, path)
