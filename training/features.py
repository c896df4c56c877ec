"""What the networks hear: log-mel computed in the segmentation's graph, and Kaldi's filter bank outside the embedding's."""
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from settings import FRAME_FIELD, FRAME_STEP, SAMPLE_RATE

FFT = 512
FIELD = 400  # 25 ms


def triangles(edges: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """[bands, positions] weights of triangles from edge to edge, 1 at the middle one."""
    low, middle, high = (edges[i : len(edges) - 2 + i, None] for i in range(3))
    up, down = (positions - low) / (middle - low), (high - positions) / (high - middle)
    return np.maximum(0, np.minimum(up, down))


class LogMel(nn.Module):
    """Waveform [batch, 1, samples] -> [batch, bands, frames], with convolutions only, on the segmentation's frame grid."""

    def __init__(self, bands: int = 60, low: float = 40, high: float = 7600):
        super().__init__()
        mel = lambda hertz: 2595 * np.log10(1 + hertz / 700)
        edges = 700 * (10 ** (np.linspace(mel(low), mel(high), bands + 2) / 2595) - 1)
        weights = triangles(edges, np.arange(FFT // 2 + 1) * SAMPLE_RATE / FFT)
        for band in np.flatnonzero(weights.sum(1) < 0.3):  # narrower than the distance of two bins
            weights[band, round(edges[band + 1] * FFT / SAMPLE_RATE)] += 0.5
        bins = np.flatnonzero(weights.any(0))
        first, self.bins = bins[0], bins[-1] - bins[0] + 1
        time = np.arange(FIELD)
        hann = 0.5 - 0.5 * np.cos(2 * np.pi * (time + 0.5) / FIELD)
        phase = 2 * np.pi * np.arange(first, first + self.bins)[:, None] * time / FFT
        basis = np.concatenate([np.cos(phase), -np.sin(phase)]) * hann
        self.register_buffer("basis", torch.from_numpy(basis.astype(np.float32))[:, None])
        self.register_buffer("banks", torch.from_numpy(weights[:, bins[0] : bins[-1] + 1].astype(np.float32))[:, :, None])

    def forward(self, waveform):
        margin = (FRAME_FIELD - FIELD) // 2
        heard = waveform[:, :, margin : waveform.shape[2] - (FRAME_FIELD - FIELD - margin)]
        spectrum = F.conv1d(heard, self.basis, stride=FRAME_STEP)
        real, imaginary = spectrum[:, : self.bins], spectrum[:, self.bins :]
        return torch.log(F.conv1d(real * real + imaginary * imaginary, self.banks) + 1e-7)


def kaldi_banks(bands: int = 80, low: float = 20, high: float = 8000) -> torch.Tensor:
    mel = lambda hertz: 1127 * np.log(1 + hertz / 700)
    banks = np.zeros((bands, FFT // 2 + 1), np.float32)
    banks[:, : FFT // 2] = triangles(np.linspace(mel(low), mel(high), bands + 2), mel(np.arange(FFT // 2) * SAMPLE_RATE / FFT))
    return torch.from_numpy(banks.T.copy())


BANKS = kaldi_banks()
RAMP = torch.arange(FIELD, dtype=torch.float64) * 2 * torch.pi / (FIELD - 1)
WINDOWS = {"hamming": (0.54 - 0.46 * torch.cos(RAMP)).float(), "povey": ((0.5 - 0.5 * torch.cos(RAMP)) ** 0.85).float()}


def fbank(samples: torch.Tensor, window: str = "hamming", scale: float = 32768) -> torch.Tensor:
    """[.., samples] -> [.., frames, 80] as Kaldi: 25 / 10 ms, snip_edges, 0.97 pre-emphasis, no dither, natural log."""
    frames = (samples * scale).unfold(-1, FIELD, SAMPLE_RATE // 100)
    frames = frames - frames.mean(-1, keepdim=True)
    frames = frames - 0.97 * torch.cat([frames[..., :1], frames[..., :-1]], -1)
    spectrum = torch.fft.rfft(frames * WINDOWS[window], FFT)
    power = spectrum.real**2 + spectrum.imag**2
    return (power @ BANKS).clamp_min(1.1920929e-07).log()
