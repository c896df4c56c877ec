"""Weights between those training began with and those it ended with (Wortsman et al. 2022, "WiSE-FT", "Model soups").

    python blend.py segmentation --init ../engine/models/embedded-v0 --share 0.5
    python blend.py segmentation --init ../engine/models/embedded-v1 --share 0.5 --others taught.pt=0.2
    python blend.py embedding --init ../engine/models/embedded-v0 --share 0.7 [--seed 1]

What fine-tuning on simulated sound gains is mostly kept, and so is what the first network knew of real sound. Runs that began
alike and were taught differently can be mixed: what shares leave is the first network's. The normalisations' statistics are taken anew, from training data. The checkpoint is replaced; the old one is kept beside it, and
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


def mix(network: nn.Module, parts: list[tuple[dict, float]]) -> None:
    mixed = {name: value.clone() for name, value in network.state_dict().items()}
    for name, first in network.state_dict().items():
        if first.dtype.is_floating_point:
            mixed[name] += sum(share * (weights[name] - first) for weights, share in parts)
    network.load_state_dict(mixed)


def segmentation(args, parts: list[tuple[dict, float]]) -> nn.Module:
    from train_segmentation import Windows, validate
    from warm_start import segmentation_from

    data, rng = Windows("train"), np.random.default_rng(0)
    windows = [torch.from_numpy(data.draw(rng, 25)[0]).float() for _ in range(24)]
    network = segmentation_from(args.init / "segmentation.fp16.onnx", windows[0])
    mix(network, parts)
    settle_anew(network, lambda: [network.from_mel(mel) for mel in windows])
    print(f"share {args.share}: {validate(network, Windows('dev'))}", flush=True)
    return network


def embedding(args, parts: list[tuple[dict, float]]) -> nn.Module:
    from corpus import Corpus
    from train_embedding import Pieces, begin, equal_error_rates
    from trials import pieces_of

    data = Pieces()
    network = begin(args.init, args.seed, data)
    mix(network, parts)

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
    parser.add_argument("--others", nargs="*", default=[], metavar="FILE=SHARE", help="checkpoints of other runs that began alike")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(1)
    path, kept = WORK / f"{args.network}.pt", WORK / f"{args.network}-trained.pt"
    if not kept.exists():
        shutil.copy(path, kept)
    state = torch.load(kept)
    others = [(torch.load(file)["mean"], float(share)) for file, share in (other.rsplit("=", 1) for other in args.others)]
    with torch.no_grad():
        network = {"segmentation": segmentation, "embedding": embedding}[args.network](args, [(state["mean"], args.share), *others])
    torch.save({**state, "mean": network.state_dict()}, path)
