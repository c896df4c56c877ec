"""Weights of shipped ONNX files put back into the PyTorch networks, so that training goes on where they stopped.

The export folded every batch normalisation into the convolution before it. It is put back with the mean and variance that the
convolution has on the given input: then the network computes what the file computes, and normalises again when trained.
Weights are matched by the order of the convolutions, which is the order of their use in both.
"""
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import nn

from networks import SHAPES, Head, Residual2d, Segmentation, Shape, Trunk


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    """Initializers by name; those stored as 16 bits under the name that the graph uses."""
    graph = onnx.load(str(path)).graph
    return {i.name.removesuffix("_f16"): numpy_helper.to_array(i).astype(np.float32) for i in graph.initializer}


def nodes_of(path: Path, kind: str) -> list[list[str]]:
    return [list(node.input) for node in onnx.load(str(path)).graph.node if node.op_type == kind]


def unfold(conv: nn.Module, norm: nn.Module, weight: np.ndarray, bias: np.ndarray) -> None:
    """Convolution and normalisation that together are weight and bias, for now with statistics 0 and 1."""
    conv.weight.data.copy_(torch.from_numpy(weight))
    norm.bias.data.copy_(torch.from_numpy(bias))
    norm.weight.data.fill_(float(np.sqrt(1 + norm.eps)))


@torch.no_grad()
def settle(network: nn.Module, run) -> None:
    """Gives each normalisation the statistics of its input, and a scale and shift that leave its output as it is."""
    found = {}
    norms = [m for m in network.modules() if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d)) and m.affine]
    hooks = [m.register_forward_pre_hook(lambda m, x: found.__setitem__(m, x[0].transpose(0, 1).flatten(1))) for m in norms]
    network.eval()
    run()
    for hook in hooks:
        hook.remove()
    for norm in norms:
        mean, variance = found[norm].mean(1), found[norm].var(1)
        norm.running_mean.copy_(mean)
        norm.running_var.copy_(variance)
        norm.weight.data.copy_(torch.sqrt(variance + norm.eps))
        norm.bias.data.add_(mean)


def convolutions(network: nn.Module) -> list[tuple[nn.Module, nn.Module | None]]:
    """Pairs (convolution, normalisation after it) in the order of their use; without normalisation: None."""
    inside = [m for m in network.modules() if isinstance(m, nn.Sequential) and isinstance(m[0], (nn.Conv1d, nn.Conv2d))]
    return [(m[0], m[1]) for m in inside]


def load_lstm(lstm: nn.LSTM, weight: np.ndarray, recurrent: np.ndarray, bias: np.ndarray) -> None:
    """ONNX orders the gates input, output, forget, cell; PyTorch input, forget, cell, output."""
    size = lstm.hidden_size
    order = np.concatenate([np.arange(g * size, (g + 1) * size) for g in (0, 2, 3, 1)])
    for direction, suffix in enumerate(("", "_reverse")):
        halves = bias[direction].reshape(2, -1)
        for name, array in (
            ("weight_ih", weight[direction]), ("weight_hh", recurrent[direction]), ("bias_ih", halves[0]), ("bias_hh", halves[1])
        ):
            getattr(lstm, f"{name}_l0{suffix}").data.copy_(torch.from_numpy(array[order]))


def load_convolutions(network: nn.Module, path: Path, order: list[tuple[nn.Module, nn.Module]]) -> None:
    arrays = arrays_of(path)
    folded = [(arrays[i[1]], arrays[i[2]]) for i in nodes_of(path, "Conv") if i[1].startswith("onnx::")]
    if len(folded) != len(order):
        raise ValueError(f"{path}: got {len(folded)} folded convolutions, expected {len(order)}: another architecture.")
    for (conv, norm), (weight, bias) in zip(order, folded):
        unfold(conv, norm, weight, bias)


def segmentation_from(path: Path, mel: torch.Tensor) -> Segmentation:
    """`mel` [batch, bands, frames]: what the statistics are taken from."""
    network = Segmentation()
    load_convolutions(network, path, convolutions(network))
    arrays = arrays_of(path)
    for lstm, (_, weight, recurrent, bias, *_) in zip((network.lstm1, network.lstm2), nodes_of(path, "LSTM")):
        load_lstm(lstm, arrays[weight], arrays[recurrent], arrays[bias])
    for name in ("expand", "classify"):
        for part in ("weight", "bias"):
            getattr(getattr(network, name), part).data.copy_(torch.from_numpy(arrays[f"{name}.{part}"]))
    settle(network, lambda: network.from_mel(mel))
    return network


def embedding_from(folder: Path, fbank: torch.Tensor) -> tuple[Trunk, Head]:
    """Trunk and head as the files in the folder compute, of the shape that they have."""
    path = folder / "embedding-trunk.fp16.onnx"
    count = sum(inputs[1].startswith("onnx::") for inputs in nodes_of(path, "Conv"))
    for shape in SHAPES.values():
        trunk = Trunk(shape)
        if len(convolutions(trunk)) == count:
            break
    load_convolutions(trunk, path, convolutions(trunk))
    settle(trunk, lambda: trunk(fbank))
    head, path = Head(shape.features), folder / "embedding-head.fp16.onnx"
    arrays = arrays_of(path)
    dense = next(inputs[1] for inputs in nodes_of(path, "MatMul"))
    state = {name: torch.from_numpy(arrays[name]) for name in head.state_dict() if name in arrays}
    head.load_state_dict({**state, "dense.weight": torch.from_numpy(arrays[dense].T.copy())}, strict=False)
    return trunk, head


@torch.no_grad()
def grown(trunk: Trunk, head: Head, shape: Shape) -> tuple[Trunk, Head]:
    """A larger network that computes next to the same: new blocks let through what comes in, new features weigh nothing."""
    larger, features = Trunk(shape), trunk.out[0].out_channels
    for name in ("stem", "project"):
        getattr(larger, name).load_state_dict(getattr(trunk, name).state_dict())
    old = list(trunk.blocks)
    for block in larger.blocks:
        if old and describe(block) == describe(old[0]):
            block.load_state_dict(old.pop(0).state_dict())
        else:
            block.conv2[1].weight.zero_()
    for block, known in zip(larger.temporal, [*trunk.temporal, *[None] * len(larger.temporal)]):
        if known is None:
            block.conv[1].weight.fill_(0.05)
        else:
            block.load_state_dict(known.state_dict())
    for own, known in zip(larger.out.state_dict().values(), trunk.out.state_dict().values()):
        if own.dim():
            own[:features] = known
    wider = Head(shape.features)
    wider.gate.weight.zero_()
    wider.gate.weight[:, :features] = head.gate.weight
    wider.gate.bias.copy_(head.gate.bias)
    at = torch.cat([torch.arange(features), shape.features + torch.arange(features)])
    wider.dense.weight.mul_(0.1)
    wider.dense.weight[:, at] = head.dense.weight
    for own, known in zip(wider.norm.state_dict().values(), head.norm.state_dict().values()):
        if own.dim():
            own[at] = known
    wider.final.load_state_dict(head.final.state_dict())
    return larger, wider


def describe(block: Residual2d) -> tuple:
    first = block.conv1[0]
    return first.in_channels, first.out_channels, first.stride
