"""Makes a model folder of the trained networks: ONNX files, PLDA, manifest.

    python export.py --like ../engine/models/embedded-v0 --out DIR --version 1 [--only segmentation]

What was not trained (no checkpoint, or not in --only) is taken from the folder --like, and so is the manifest, with new sizes
and hashes. Weights are stored as 16-bit floats with a cast before their use: half the bytes, computed in 32 bits. Each
graph is run beside the network it was made from; a difference that is not rounding stops the export.
"""
import argparse
import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from networks import Head, Segmentation, Trunk, parameters
from settings import WINDOW, WORK
from teachers import open_session

TOLERANCE = 0.03  # of what the weights' 16 bits change: log-probabilities move by less than 0.01


def halved(model: onnx.ModelProto) -> onnx.ModelProto:
    casts, kept = [], []
    for initializer in model.graph.initializer:
        array = numpy_helper.to_array(initializer)
        if array.dtype != np.float32 or array.size < 256:
            kept.append(initializer)
            continue
        name = f"{initializer.name}_f16"
        kept.append(numpy_helper.from_array(array.astype(np.float16), name))
        casts.append(helper.make_node("Cast", [name], [initializer.name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(kept)
    model.graph.node.extend(nodes)
    onnx.checker.check_model(model)
    return model


def to_onnx(network, inputs: dict, output: str, axes: dict, path: Path) -> None:
    network.eval()
    torch.onnx.export(
        network, tuple(inputs.values()), str(path), input_names=list(inputs), output_names=[output],
        dynamic_axes=axes, opset_version=17, dynamo=False,
    )
    onnx.save(halved(onnx.load(str(path))), str(path))
    with torch.no_grad():
        expected = network(*inputs.values()).numpy()
    found = open_session(path).run(None, {name: value.numpy() for name, value in inputs.items()})[0]
    difference = np.abs(found - expected).max()
    print(f"{path.name}: {parameters(network)} parameters, {path.stat().st_size} bytes, differs by {difference:.1e} at most")
    if not difference < TOLERANCE * max(1, np.abs(expected).max()):
        raise ValueError(f"{path}: got outputs that differ by {difference}, expected less than {TOLERANCE}.")


def export_segmentation(out: Path) -> None:
    network = Segmentation()
    network.load_state_dict(torch.load(WORK / "segmentation.pt")["mean"])
    wave = 0.05 * torch.randn(1, 1, WINDOW, generator=torch.Generator().manual_seed(0))
    axes = {"waveform": {0: "batch", 2: "samples"}, "scores": {0: "batch", 1: "frames"}}
    to_onnx(network, {"waveform": wave}, "scores", axes, out / "segmentation.fp16.onnx")


def load_embedding() -> tuple[Trunk, Head]:
    network = torch.nn.ModuleDict({"trunk": Trunk(), "head": Head()})
    network.load_state_dict(torch.load(WORK / "embedding.pt")["mean"])
    network.eval()
    return network["trunk"], network["head"]


def export_embedding(out: Path) -> None:
    trunk, head = load_embedding()
    bank = torch.randn(1, 998, 80, generator=torch.Generator().manual_seed(1))
    axes = {"fbank": {0: "batch", 1: "frames"}, "features": {0: "batch", 2: "steps"}}
    to_onnx(trunk, {"fbank": bank}, "features", axes, out / "embedding-trunk.fp16.onnx")
    with torch.no_grad():
        features = trunk(bank)
    weights = (torch.rand(1, features.shape[2], generator=torch.Generator().manual_seed(2)) > 0.4).float()
    axes = {"features": {0: "batch", 2: "steps"}, "weights": {0: "batch", 1: "steps"}, "embedding": {0: "batch"}}
    to_onnx(head, {"features": features, "weights": weights}, "embedding", axes, out / "embedding-head.fp16.onnx")


def write_manifest(like: Path, out: Path, version: str) -> None:
    manifest = json.loads((like / "manifest.json").read_text())
    manifest["version"] = version
    for entry in manifest["files"].values():
        data = (out / entry["path"]).read_bytes()
        entry["size"], entry["sha256"] = len(data), hashlib.sha256(data).hexdigest()
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--like", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--only", nargs="*", default=["segmentation", "embedding"], choices=["segmentation", "embedding"])
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    for entry in json.loads((args.like / "manifest.json").read_text())["files"].values():
        shutil.copy(args.like / entry["path"], args.out / entry["path"])
    if "segmentation" in args.only and (WORK / "segmentation.pt").exists():
        export_segmentation(args.out)
    if "embedding" in args.only and (WORK / "embedding.pt").exists():
        export_embedding(args.out)
        if (WORK / "plda.npz").exists():
            shutil.copy(WORK / "plda.npz", args.out / "plda.npz")
    write_manifest(args.like, args.out, args.version)
