"""The weights of two ONNX files as the Python peers want them, so that every peer runs the same networks.

The files are the usual exports: PyanNet (segmentation-3.0) with its initializers under PyTorch's names and LSTM/MatMul numbered in
order; WeSpeakerResNet34 with batch normalisation folded into its 36 convolutions, which lie in the order in which they run.
"""
import re

import numpy as np
import onnx
from onnx import numpy_helper

#: names of the convolutions in the order in which they run
CONVOLUTIONS = ["resnet.conv1"]
for stage, blocks in ((1, 3), (2, 4), (3, 6), (4, 3)):
    for block in range(blocks):
        CONVOLUTIONS += [f"resnet.layer{stage}.{block}.conv1", f"resnet.layer{stage}.{block}.conv2"]
        if block == 0 and stage > 1:
            CONVOLUTIONS.append(f"resnet.layer{stage}.0.shortcut.0")


def initializers(path):
    return {t.name: numpy_helper.to_array(t) for t in onnx.load(path).graph.initializer}


def segmentation(path):
    """Initializers of PyanNet by name; affine weights that the exporter found equal and stored once are put back."""
    found = initializers(path)
    for kind in ("weight", "bias"):
        found.setdefault(f"sincnet.norm1d.2.{kind}", found[f"sincnet.norm1d.1.{kind}"])
    return found


def numbered(found, prefix):
    """The arrays called `prefix`_<number>, by number."""
    names = [n for n in found if re.fullmatch(rf"onnx::{prefix}_\d+", n)]
    return [found[n] for n in sorted(names, key=lambda n: int(n.rsplit("_", 1)[1]))]


def embedding(path):
    """Weight and bias of each convolution, and the layer behind the pooling: 74 arrays under PyTorch's names."""
    model = onnx.load(path)
    found = {t.name: numpy_helper.to_array(t) for t in model.graph.initializer}
    convolutions = [node for node in model.graph.node if node.op_type == "Conv"]
    if len(convolutions) != len(CONVOLUTIONS):
        raise SystemExit(f"Got {len(convolutions)} convolutions when a ResNet34 has {len(CONVOLUTIONS)}.")
    arrays = {}
    for name, node in zip(CONVOLUTIONS, convolutions):
        arrays[f"{name}.weight"], arrays[f"{name}.weight_bias"] = (found[i] for i in node.input[1:3])
    (head,) = [node for node in model.graph.node if node.op_type == "Gemm"]
    arrays["resnet.seg_1.weight"], arrays["resnet.seg_1.bias"] = (found[i] for i in head.input[1:3])
    return arrays


def torch_segmentation(path):
    """PyanNet's state_dict."""
    found = segmentation(path)
    state = {name: value for name, value in found.items() if not name.startswith("onnx::")}
    state["linear.0.weight"], state["linear.1.weight"], state["classifier.weight"] = (m.T for m in numbered(found, "MatMul"))
    lstm = numbered(found, "LSTM")  # bias (W, R), W, R of each layer; gates i, o, f, c where PyTorch has i, f, c, o

    def gates(rows):
        i, o, f, c = np.split(rows, 4)
        return np.concatenate([i, f, c, o])

    for layer in range(4):
        bias, w, r = lstm[3 * layer : 3 * layer + 3]
        for direction, suffix in enumerate(("", "_reverse")):
            w_bias, r_bias = np.split(bias[direction], 2)
            for name, value in (("weight_ih", w[direction]), ("weight_hh", r[direction]), ("bias_ih", w_bias), ("bias_hh", r_bias)):
                state[f"lstm.{name}_l{layer}{suffix}"] = gates(value)
    return state


def torch_embedding(path, epsilon=1e-5):
    """WeSpeakerResNet34's state_dict: batch normalisation adds the bias and does nothing else."""
    state = {}
    for name, value in embedding(path).items():
        if not name.endswith(".weight_bias"):
            state[name] = value
            continue
        convolution = name.removesuffix(".weight_bias")
        norm = convolution[:-1] + "1" if convolution.endswith("shortcut.0") else convolution.replace("conv", "bn")
        state[f"{norm}.bias"] = value
        state[f"{norm}.weight"] = np.ones_like(value)
        state[f"{norm}.running_mean"] = np.zeros_like(value)
        state[f"{norm}.running_var"] = np.full_like(value, 1 - epsilon)
    return state
