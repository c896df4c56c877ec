"""The model folder of speakrs 0.5 with its multi-mask files, made for bench/peers.ts from the networks that everybody gets.

    python make_models.py SEGMENTATION.onnx EMBEDDING.onnx PLDA_DIR MODELS_DIR

EMBEDDING.onnx is (fbank, weights) -> embedding. What speakrs 0.5 asks for, by name of file and of tensor:

    segmentation-3.0.onnx, -b32     sound [1 or 32, 1, 160000] -> [_, 589, 7]      the file as it is
    wespeaker-fbank.onnx            waveform [1, 1, 160000] -> [1, 998, 80]        written here: log-mel as Kaldi computes it
    wespeaker-multimask-tail.onnx   fbank [1, 998, 80], masks [3, 589] -> [3, 256] the file: one trunk, pooled by three masks
    …-resnet34.onnx, -tail.onnx     (waveform or fbank), weights -> [1, 256]       loaded, but not run where the ones above are

It downloads the multi-mask files for its GPU modes only, but its CPU mode uses them where they lie in the folder.
"""
import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, compose, helper, numpy_helper

SAMPLES, FRAMES, BINS, MASK_FRAMES = 160000, 998, 80, 589


def fbank(like):
    """Log-mel minus its mean over the window, as one convolution for each part of the spectrum; `like` gives the versions."""
    length, shift, size = 400, 160, 512
    taps = np.eye(length) - 1 / length  # minus the mean of the frame,
    taps -= 0.97 * np.vstack([taps[:1], taps[:-1]])  # pre-emphasis,
    taps *= np.hamming(length)[:, None] * 2**15  # window, samples as 16-bit numbers
    spectrum = np.exp(-2j * np.pi / size * np.outer(np.arange(size // 2 + 1), np.arange(length))) @ taps

    mel = 1127 * np.log1p(np.arange(size // 2) * 16000 / size / 700)
    low, high = 1127 * np.log1p(np.array([20, 8000]) / 700)
    left = low + np.arange(BINS)[:, None] * (high - low) / (BINS + 1)
    rise = (mel - left) * (BINS + 1) / (high - low)
    triangles = np.pad(np.clip(np.minimum(rise, 2 - rise), 0, None), ((0, 0), (0, 1)))

    constants = {"cos": spectrum.real[:, None], "sin": spectrum.imag[:, None], "mel": triangles, "floor": np.array(2.0**-23)}
    steps = [
        ("Conv", ["waveform", "cos"], "real"), ("Conv", ["waveform", "sin"], "imaginary"),
        ("Mul", ["real", "real"], "real_power"), ("Mul", ["imaginary", "imaginary"], "imaginary_power"),
        ("Add", ["real_power", "imaginary_power"], "power"), ("MatMul", ["mel", "power"], "energy"),
        ("Max", ["energy", "floor"], "audible"), ("Log", ["audible"], "log"),
        ("GlobalAveragePool", ["log"], "mean"), ("Sub", ["log", "mean"], "centred"), ("Transpose", ["centred"], "fbank"),
    ]  # fmt: skip
    options = {"Conv": {"strides": [shift]}, "Transpose": {"perm": [0, 2, 1]}}
    graph = helper.make_graph(
        [helper.make_node(kind, inputs, [output], **options.get(kind, {})) for kind, inputs, output in steps],
        "fbank",
        [helper.make_tensor_value_info("waveform", TensorProto.FLOAT, [1, 1, SAMPLES])],
        [helper.make_tensor_value_info("fbank", TensorProto.FLOAT, [1, FRAMES, BINS])],
        [numpy_helper.from_array(np.asarray(value, np.float32), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=like.opset_import, ir_version=like.ir_version)


def tail(path, masks, number):
    """The embedding network with `number` masks under that name: its pooling broadcasts one trunk over them."""
    model = onnx.load(path)
    graph = model.graph
    for old, new, shape in zip(list(graph.input), ("fbank", masks), ([1, FRAMES, BINS], [number, MASK_FRAMES])):
        for node in graph.node:
            node.input[:] = [new if name == old.name else name for name in node.input]
        old.CopyFrom(helper.make_tensor_value_info(new, TensorProto.FLOAT, shape))
    graph.output[0].type.tensor_type.shape.dim[0].dim_value = number
    return model


def make_models(segmentation, embedding, plda, folder):
    folder.mkdir(parents=True)
    for name in ("segmentation-3.0.onnx", "segmentation-3.0-b32.onnx"):
        shutil.copy(segmentation, folder / name)
    single = tail(embedding, "weights", 1)
    features = fbank(like=single)
    fused = compose.merge_models(compose.add_prefix(features, "fbank/"), single, io_map=[("fbank/fbank", "fbank")])
    fused.graph.input[0].name = "waveform"
    for node in fused.graph.node:
        node.input[:] = ["waveform" if name == "fbank/waveform" else name for name in node.input]
    onnx.save(features, folder / "wespeaker-fbank.onnx")
    onnx.save(tail(embedding, "masks", 3), folder / "wespeaker-multimask-tail.onnx")
    onnx.save(single, folder / "wespeaker-voxceleb-resnet34-tail.onnx")
    onnx.save(fused, folder / "wespeaker-voxceleb-resnet34.onnx")
    (folder / "wespeaker-voxceleb-resnet34.min_num_samples.txt").write_text("400")
    for file in ("xvec_transform", "plda"):
        for name, array in np.load(f"{plda}/{file}.npz").items():
            np.save(folder / f"plda_{name}.npy", array)


make_models(*sys.argv[1:4], Path(sys.argv[4]))
