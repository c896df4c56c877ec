"""What recorders, lines and codecs do to sound, and noise to put under it. All take and give float samples at 16 kHz."""
import numpy as np
from scipy import fft, signal

from corpus import Corpus
from settings import SAMPLE_RATE


def telephone(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """Half the rate, 300 to 3400 Hz give or take, and µ-law's 8 bits."""
    narrow = signal.resample_poly(x, 1, 2)
    band = signal.butter(2, [rng.uniform(100, 350), rng.uniform(2800, 3700)], "bandpass", fs=8000, output="sos")
    narrow = signal.sosfilt(band, narrow)
    peak = np.abs(narrow).max() + 1e-9
    companded = np.sign(narrow) * np.log1p(255 * np.abs(narrow) / peak) / np.log1p(255)
    narrow = np.round(companded * 127) / 127
    narrow = np.sign(narrow) * np.expm1(np.abs(narrow) * np.log1p(255)) / 255 * peak
    return signal.resample_poly(narrow, 2, 1)[: len(x)].astype(np.float32)


def codec(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """As a lossy codec: in each 20 ms, what lies far below the loudest bins of the frame is gone, and the treble too."""
    size = 640
    hop = size // 2
    padded = np.pad(x, (hop, size))
    frames = np.lib.stride_tricks.sliding_window_view(padded, size)[::hop] * np.sqrt(signal.windows.hann(size, False)).astype(np.float32)
    spectrum = fft.rfft(frames)
    level = np.abs(spectrum)
    spectrum[level < level.max(1, keepdims=True) * 10 ** (-rng.uniform(20, 40) / 20)] = 0
    spectrum[:, int(rng.uniform(3000, 7500) / SAMPLE_RATE * size) :] = 0
    frames = fft.irfft(spectrum, size) * np.sqrt(signal.windows.hann(size, False)).astype(np.float32)
    out = np.zeros(len(padded) + size, np.float32)
    for parity in (0, 1):
        part = frames[parity::2].reshape(-1)
        out[parity * hop : parity * hop + len(part)] += part
    return out[hop : hop + len(x)]


def equalise(rng: np.random.Generator, x: np.ndarray, deviation: float = 4) -> np.ndarray:
    """A smooth random response, so many dB of deviation at seven points between 0 and 8 kHz."""
    size = fft.next_fast_len(len(x), real=True)
    spectrum = fft.rfft(x.astype(np.float32), size)
    points = np.linspace(0, 1, 7)
    gain = np.interp(np.sqrt(np.linspace(0, 1, len(spectrum))), points, rng.normal(0, deviation, 7))
    return fft.irfft(spectrum * (10 ** (gain / 20)).astype(np.float32), size)[: len(x)]


def line(rng: np.random.Generator, x: np.ndarray) -> np.ndarray:
    """One thing or none that a recording as a whole goes through."""
    kind = rng.random()
    if kind < 0.15:
        return telephone(rng, x)
    if kind < 0.30:
        return codec(rng, x)
    if kind < 0.50:
        return equalise(rng, x)
    if kind < 0.60:
        low = signal.butter(4, rng.uniform(3000, 7500), "lowpass", fs=SAMPLE_RATE, output="sos")
        return signal.sosfilt(low, x).astype(np.float32)
    return x


def noise(rng: np.random.Generator, corpus: Corpus, samples: int) -> np.ndarray:
    """So many samples of RMS 1: a recorded noise or music two times of three, else coloured noise, at times with hum."""
    if corpus.noise and rng.random() < 0.67:
        kinds = sorted({kind for _, _, kind in corpus.noise})
        kind = kinds[rng.integers(len(kinds))]
        clips = [clip for clip in corpus.noise if clip[2] == kind]
        start, length, _ = clips[rng.integers(len(clips))]
        from_ = int(rng.integers(max(1, length - samples + 1)))
        clip = corpus.samples(start + from_, min(length, samples))
        found = np.resize(np.roll(clip, rng.integers(len(clip))) if length < samples else clip, samples)
        if found.std() > 1e-5:
            return (found - found.mean()) / found.std()
    spectrum = fft.rfft(rng.standard_normal(samples, dtype=np.float32))
    spectrum *= np.maximum(np.linspace(0, 1, len(spectrum)), 1e-3) ** -rng.uniform(0, 1.3)
    found = fft.irfft(spectrum, samples)
    if rng.random() < 0.25:
        time = np.arange(samples) / SAMPLE_RATE
        found += found.std() * rng.uniform(0.2, 1) * np.sin(2 * np.pi * rng.choice([50, 60, 100, 120]) * time)
    return (found / found.std()).astype(np.float32)
