"""The whole recipe on a few seconds of noise-like voices: every command runs, resumes, and ends in a model that loads.

    python -m pytest training

No corpus is needed and nothing of ../work is touched. What is learnt is worth nothing; that the steps fit together is.
"""
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import soundfile
import torch

HERE = Path(__file__).resolve().parent
V0 = HERE.parent / "engine" / "models" / "embedded-v0"
sys.path.insert(0, str(HERE))


def voice(seed: int, seconds: float) -> np.ndarray:
    """Syllables of pulses at the speaker's own pitch through two resonances of their own, with pauses."""
    from scipy import signal

    rng = np.random.default_rng(seed)
    samples = int(16000 * seconds)
    pulses = np.zeros(samples)
    pulses[:: int(16000 / rng.uniform(90, 250))] = 1
    for frequency in rng.uniform([300, 1000], [900, 2800]):
        pulses = signal.lfilter([1], [1, -1.9 * np.cos(2 * np.pi * frequency / 16000), 0.9025], pulses)
    loud = np.repeat(rng.random(-(-samples // 4000)) > 0.25, 4000)[:samples]
    x = pulses / np.abs(pulses).max() * 0.5 * loud + 1e-4 * rng.standard_normal(samples)
    return x.astype(np.float32)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    folder = tmp_path_factory.mktemp("training")
    speech, noise = folder / "speech", folder / "noise"
    speech.mkdir()
    noise.mkdir()
    rows = []
    for i in range(8):
        soundfile.write(speech / f"{i}.wav", voice(i, 12), 16000)
        rows += [
            {"file": f"{i}.wav", "offset": 6.0 * k, "duration": 6.0, "speaker": f"s{i}", "sex": "fm"[i % 2],
             "source": "made", "split": "val" if i < 4 else "train"}
            for k in range(2)
        ]
    (speech / "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)))
    soundfile.write(noise / "n.wav", 0.1 * np.random.default_rng(0).standard_normal(16000 * 5), 16000)
    (noise / "manifest.jsonl").write_text(json.dumps({"file": "n.wav", "kind": "noise", "split": "train"}))
    return folder


def run(work: Path, *command: str) -> str:
    environment = {**os.environ, "DIARIST_TRAINING_WORK": str(work / "work"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, *command], cwd=HERE, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_recipe_runs_from_recordings_to_a_model_folder(work):
    run(work, "corpus.py", "--speech", str(work / "speech"), "--noise", str(work / "noise"))
    run(work, "rooms.py", "--rooms", "3")
    run(work, "mixtures.py", "--split", "train", "--count", "12", "--shard", "12")
    run(work, "mixtures.py", "--split", "dev", "--count", "12", "--shard", "12")
    recorded = ("recordings.py", str(work / "speech"), "--teacher", str(V0 / "segmentation.fp16.onnx"))
    assert "r001-0000.npz" in run(work, *recorded, "--split", "train", "--count", "4", "--shard", "4")
    run(work, *recorded, "--split", "real", "--plain")
    small = ("--batch", "2", "--save", "1", "--check", "100")
    segmentation = ("train_segmentation.py", "--init", str(V0 / "segmentation.fp16.onnx"), *small)
    assert "from step 0" in run(work, *segmentation, "--steps", "2")
    assert "step 3, real: error" in run(work, *segmentation, "--steps", "3", "--trust", "1", "1", "--checks", "dev", "real")
    taught = work / "taught.pt"
    taught.write_bytes((work / "work" / "segmentation.pt").read_bytes())
    blend = ("blend.py", "segmentation", "--init", str(V0), "--share", "0.3", "--others", f"{taught}=0.2")
    assert "share 0.3: error" in run(work, *blend)
    assert "001-0000.npz of 1" in run(work, "pieces.py")
    assert "002-0000.npz of 1" in run(work, "pieces.py", "--seed", "2", "--more")
    embedding = ("train_embedding.py", "--init", str(V0), "--batch", "4", "--save", "1", "--silent", "0.5")
    assert "from step 0" in run(work, *embedding, "--steps", "2")
    assert "from step 2" in run(work, *embedding, "--steps", "3")
    assert "share 0.5: 1 s:" in run(work, "blend.py", "embedding", "--init", str(V0), "--share", "0.5")
    run(work, "plda.py", "--turns", "200")
    run(work, "trials.py", f"v0={V0}", "--split", "train")
    run(work, "export.py", "--like", str(V0), "--out", str(work / "model"), "--version", "smoke")
    manifest = json.loads((work / "model" / "manifest.json").read_text())
    assert manifest["version"] == "smoke"
    session = onnxruntime.InferenceSession(str(work / "model" / "segmentation.fp16.onnx"))
    scores = session.run(None, {"waveform": np.zeros((2, 1, 160000), np.float32)})[0]
    assert scores.shape == (2, 589, 7)
    np.testing.assert_allclose(np.exp(scores).sum(2), 1, atol=1e-3)
    for name, own in manifest["files"].items():
        assert (work / "model" / own["path"]).stat().st_size == own["size"], name


def test_networks_begin_as_the_shipped_files_compute():
    from features import LogMel, fbank
    from networks import SHAPES
    from warm_start import embedding_from, grown, segmentation_from

    torch.manual_seed(0)
    wave = 0.05 * torch.randn(2, 1, 160000)
    run_file = lambda name, feeds: onnxruntime.InferenceSession(str(V0 / name)).run(None, feeds)[0]
    with torch.no_grad():
        segmentation = segmentation_from(V0 / "segmentation.fp16.onnx", LogMel()(wave)).eval()
        bank = fbank(wave[:, 0])
        trunk, head = (part.eval() for part in embedding_from(V0, bank))
        features = trunk(bank)
        weights = torch.ones_like(features[:, 0])
        embedding = head(features, weights)
        larger, wider = (part.eval() for part in grown(trunk, head, SHAPES["1"]))
        again = wider(larger(bank), weights)
        scores = segmentation(wave)
    np.testing.assert_allclose(scores, run_file("segmentation.fp16.onnx", {"waveform": wave.numpy()}), atol=0.01)
    np.testing.assert_allclose(features, run_file("embedding-trunk.fp16.onnx", {"fbank": bank.numpy()}), atol=1e-3)
    feeds = {"features": features.numpy(), "weights": weights.numpy()}
    np.testing.assert_allclose(embedding, run_file("embedding-head.fp16.onnx", feeds), atol=1e-3)
    assert (torch.nn.functional.cosine_similarity(again, embedding) > 0.9).all()


def test_targets_follow_the_speakers_when_they_change_places():
    from powerset import align, encode, local_errors, permuted_costs

    rng = np.random.default_rng(0)
    active = rng.random((50, 3)) < 0.4
    active[:, 0] |= rng.random(50) < 0.2
    truth = torch.from_numpy(encode(active))[None]
    other = torch.from_numpy(encode(active))[None].clone()
    assert local_errors(truth, other) == {"error": 0, "missed": 0, "false": 0, "confused": 0}
    onehot = torch.nn.functional.one_hot(truth.long(), 7).float()
    swapped = onehot[:, :, [0, 2, 1, 3, 4, 6, 5]]  # speakers 1 and 2 called 2 and 1
    scores = torch.log(swapped * 0.9 + 0.1 / 7)
    assert permuted_costs(onehot, scores).argmin(1) == permuted_costs(swapped, torch.log(onehot * 0.9 + 0.1 / 7)).argmin(1)
    assert torch.equal(align(onehot, scores).argmax(2), truth.long())


def test_three_at_once_become_the_two_who_speak_most():
    from powerset import encode

    active = np.array([[1, 1, 1], [1, 1, 0], [1, 0, 0], [0, 0, 0]], bool)
    assert encode(active).tolist() == [4, 4, 1, 0]


def test_a_room_keeps_the_direct_sound_first():
    from rooms import room

    for response in room(np.random.default_rng(1)):
        assert np.argmax(np.abs(response[:40])) == 0
