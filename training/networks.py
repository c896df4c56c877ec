"""The two networks, the embedding in two parts. Inputs and outputs: the model card."""
import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from features import LogMel


def conv2d(inputs: int, outputs: int, stride=1, size: int = 3) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, size, stride, size // 2, bias=False), nn.BatchNorm2d(outputs))


def conv1d(inputs: int, outputs: int, size: int = 1, dilation: int = 1) -> nn.Sequential:
    padding = dilation * (size // 2)
    return nn.Sequential(
        nn.Conv1d(inputs, outputs, size, padding=padding, dilation=dilation, bias=False), nn.BatchNorm1d(outputs)
    )


def recur(lstm: nn.LSTM, x: torch.Tensor) -> torch.Tensor:
    """The LSTM's output; under autocast with its weights in bfloat16, which autocast itself does not do."""
    if not torch.is_autocast_enabled("cpu"):
        return lstm(x)[0]
    with torch.autocast("cpu", enabled=False):
        weights = [weight.bfloat16() for weight in lstm._flat_weights]
        state = x.new_zeros(2, len(x), lstm.hidden_size, dtype=torch.bfloat16)
        return torch.lstm(x.bfloat16(), (state, state), weights, True, 1, 0.0, lstm.training, True, True)[0].float()


class Residual1d(nn.Module):
    def __init__(self, channels: int, dilation: int):
        super().__init__()
        self.conv = conv1d(channels, channels, 3, dilation)

    def forward(self, x):
        return x + F.relu(self.conv(x))


class Segmentation(nn.Module):
    """Waveform [batch, 1, samples] -> [batch, frames, 7] log-probabilities.

    log-mel -> 2-D convolutions -> context at a third of the frame rate (dilated convolutions, two bidirectional LSTMs)
    -> every frame again, with a path around the context for sharp boundaries.
    """

    REDUCE = 3
    SKIP = 48

    def __init__(self, bands: int = 60, channels: int = 128, hidden: int = 128):
        super().__init__()
        self.mel = LogMel(bands)
        self.stem = conv2d(1, 16, (2, self.REDUCE), 5)
        self.conv1 = conv2d(16, 32, (2, 1))
        self.conv2 = conv2d(32, 32, (2, 1))
        self.project = conv1d(32 * math.ceil(bands / 8), channels)
        self.temporal = nn.Sequential(*(Residual1d(channels, dilation) for dilation in (1, 2, 4)))
        self.lstm1 = nn.LSTM(channels, hidden, batch_first=True, bidirectional=True)
        self.lstm2 = nn.LSTM(2 * hidden, hidden, batch_first=True, bidirectional=True)
        self.drop = nn.Dropout(0.1)
        self.expand = nn.Conv1d(2 * hidden, self.SKIP * self.REDUCE, 1)
        self.skip = conv1d(bands, self.SKIP, 3)
        self.decode = conv1d(2 * self.SKIP, 2 * self.SKIP, 5)
        self.classify = nn.Conv1d(2 * self.SKIP, 7, 1)

    def forward(self, waveform):
        return self.from_mel(self.mel(waveform))[0]

    def from_mel(self, mel):
        """Log-mel [batch, bands, frames] -> (scores, what the second LSTM says at a third of the rate)."""
        x = (mel - mel.mean(2, keepdim=True)) * 0.4
        y = x.unsqueeze(1)
        for layer in (self.stem, self.conv1, self.conv2):
            y = F.relu(layer(y))
        y = F.relu(self.project(y.reshape(y.shape[0], -1, y.shape[3])))
        y = self.temporal(y).transpose(1, 2)
        context = recur(self.lstm2, self.drop(recur(self.lstm1, y)))
        y = self.expand(self.drop(context).transpose(1, 2))
        batch, _, steps = y.shape
        y = y.reshape(batch, self.REDUCE, self.SKIP, steps).permute(0, 2, 3, 1)
        y = y.reshape(batch, self.SKIP, steps * self.REDUCE)[:, :, : x.shape[2]]
        y = torch.cat([F.relu(y), F.relu(self.skip(x))], 1)
        return torch.log_softmax(self.classify(F.relu(self.decode(y))).transpose(1, 2), 2), context


class Residual2d(nn.Module):
    def __init__(self, inputs: int, outputs: int, stride=1):
        super().__init__()
        self.conv1 = conv2d(inputs, outputs, stride)
        self.conv2 = conv2d(outputs, outputs)
        self.short = nn.Identity() if inputs == outputs and stride == 1 else conv2d(inputs, outputs, stride, 1)

    def forward(self, x):
        return F.relu(self.conv2(F.relu(self.conv1(x))) + self.short(x))


@dataclass(frozen=True)
class Shape:
    """What distinguishes the versions of the embedding: blocks (planes, stride), dilations of the context, features."""

    blocks: tuple[tuple[int, int | tuple[int, int]], ...]
    dilations: tuple[int, ...]
    features: int


SHAPES = {
    "0": Shape(((32, (2, 1)), (48, 2), (48, 1)), (1, 2, 3), 256),
    "1": Shape(((32, (2, 1)), (32, 1), (48, 2), (48, 1)), (1, 2, 3, 4), 320),
}


class Trunk(nn.Module):
    """fbank [batch, frames, 80] -> [batch, features, frames / 4 rounded up]; sees 1.3 s around a frame and no more."""

    def __init__(self, shape: Shape = SHAPES["1"], channels: int = 256):
        super().__init__()
        self.stem = conv2d(1, 16, 2)
        planes = (16, *(own for own, _ in shape.blocks))
        self.blocks = nn.Sequential(*(Residual2d(last, *block) for last, block in zip(planes, shape.blocks)))
        self.project = conv1d(planes[-1] * 10, channels)
        self.temporal = nn.Sequential(*(Residual1d(channels, dilation) for dilation in shape.dilations))
        self.out = conv1d(channels, shape.features)

    def forward(self, fbank):
        x = fbank.transpose(1, 2).unsqueeze(1) * 0.25
        x = self.blocks(F.relu(self.stem(x)))
        x = F.relu(self.project(x.reshape(x.shape[0], -1, x.shape[3])))
        return F.relu(self.out(self.temporal(x)))


class Head(nn.Module):
    """Features and weights [batch, steps] in 0..1 -> embedding: weighted mean and deviation, then one linear layer."""

    def __init__(self, channels: int = SHAPES["1"].features, dimension: int = 192):
        super().__init__()
        self.gate = nn.Conv1d(channels, 1, 1)
        self.norm = nn.BatchNorm1d(2 * channels)
        self.dense = nn.Linear(2 * channels, dimension, bias=False)
        self.final = nn.BatchNorm1d(dimension, affine=False)

    def forward(self, features, weights):
        weights = weights.unsqueeze(1) * (torch.sigmoid(self.gate(features)) + 0.01)
        weights = weights / (weights.sum(2, keepdim=True) + 1e-6)
        mean = (features * weights).sum(2)
        variance = (features * features * weights).sum(2) - mean * mean
        pooled = torch.cat([mean, torch.sqrt(torch.clamp(variance, min=1e-5))], 1)
        return self.final(self.dense(self.norm(pooled)))


def parameters(network: nn.Module) -> int:
    return sum(p.numel() for p in network.parameters())
