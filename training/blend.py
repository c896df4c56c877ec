"""Weights between those training began with and those it ended with (Wortsman et al. 2022, "WiSE-FT").

    python blend.py --init ../engine/models/embedded-v0/segmentation.fp16.onnx --share 0.5

What fine-tuning on simulated sound gains is mostly kept, and so is what the first network knew of real sound. The
normalisations' statistics are taken anew, from training windows. segmentation.pt is replaced; the old one is kept beside it.
"""
import argparse
import shutil
from pathlib import Path

import numpy as np
import torch
from torch import nn

from networks import Segmentation
from settings import WORK
from train_segmentation import Windows, validate
from warm_start import segmentation_from


@torch.no_grad()
def blend(first: Segmentation, last: dict, share: float, windows: list[torch.Tensor]) -> Segmentation:
    mixed = {name: value.lerp(last[name], share) if value.dtype.is_floating_point else value for name, value in first.state_dict().items()}
    network = Segmentation()
    network.load_state_dict(mixed)
    for module in network.modules():
        if isinstance(module, (nn.BatchNorm1d, nn.BatchNorm2d)):
            module.reset_running_stats()
            module.momentum = None  # the plain mean over all batches
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    network.train()
    for mel in windows:
        network.from_mel(mel)
    return network.eval()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--init", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.5, help="0: as training began, 1: as it ended")
    args = parser.parse_args()
    torch.set_num_threads(1)
    data, dev = Windows("train"), Windows("dev")
    draw = lambda seed, count: torch.from_numpy(data.draw(np.random.default_rng(seed), count)[0]).float()
    path, kept = WORK / "segmentation.pt", WORK / "segmentation-trained.pt"
    if not kept.exists():
        shutil.copy(path, kept)
    state = torch.load(kept)
    first = segmentation_from(args.init, draw(0, 48))
    network = blend(first, state["mean"], args.share, [draw(seed, 32) for seed in range(1, 9)])
    print(f"share {args.share}: {validate(network, dev)}")
    torch.save({**state, "mean": network.state_dict()}, path)
