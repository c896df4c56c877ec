"""One run of pyannote.audio's own community-1 pipeline, started by bench/peers.ts: prints one line of JSON.

    python peer_pyannote.py RECORDING.wav THREADS SEGMENTATION.onnx EMBEDDING.onnx PLDA_DIR
"""
import json
import os
import sys

recording, threads, segmentation, embedding, plda = sys.argv[1:6]
os.environ["PYANNOTE_METRICS_ENABLED"] = "0"
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[name] = threads
import resource
import time
import warnings
from importlib.metadata import version

warnings.filterwarnings("ignore")
started = time.perf_counter()
import soundfile
import torch
from peer_weights import torch_embedding, torch_segmentation
from pyannote.audio.core.plda import PLDA
from pyannote.audio.core.task import Problem, Resolution, Specifications
from pyannote.audio.models.embedding import WeSpeakerResNet34
from pyannote.audio.models.segmentation import PyanNet
from pyannote.audio.pipelines.speaker_diarization import SpeakerDiarization

torch.set_num_threads(int(threads))


def tensors(arrays):
    return {name: torch.tensor(array.copy()) for name, array in arrays.items()}


segmenter = PyanNet(lstm={"hidden_size": 128, "num_layers": 4, "bidirectional": True, "monolithic": True}, linear={"hidden_size": 128, "num_layers": 2})
segmenter.specifications = Specifications(
    problem=Problem.MONO_LABEL_CLASSIFICATION, resolution=Resolution.FRAME, duration=10.0, min_duration=10.0, warm_up=(0.0, 0.0),
    classes=["speaker#1", "speaker#2", "speaker#3"], powerset_max_classes=2, permutation_invariant=True,
)
segmenter.build()
segmenter.load_state_dict(tensors(torch_segmentation(segmentation)))
embedder = WeSpeakerResNet34()
missing, unexpected = embedder.load_state_dict(tensors(torch_embedding(embedding)), strict=False)
assert not unexpected and all(name.endswith("num_batches_tracked") for name in missing), (missing, unexpected)
pipeline = SpeakerDiarization(
    segmentation=segmenter.eval(), embedding=embedder.eval(), embedding_exclude_overlap=True, clustering="VBxClustering",
    plda=PLDA(f"{plda}/xvec_transform.npz", f"{plda}/plda.npz"), segmentation_batch_size=32, embedding_batch_size=32,
)
pipeline.instantiate({"segmentation": {"min_duration_off": 0.0}, "clustering": {"threshold": 0.6, "Fa": 0.07, "Fb": 0.8}})
loaded = time.perf_counter()

cpu = time.process_time()
samples, rate = soundfile.read(recording, dtype="float32")
result = pipeline({"waveform": torch.from_numpy(samples)[None], "sample_rate": rate, "uri": "bench"})
wall, cpu = time.perf_counter() - loaded, time.process_time() - cpu
print(json.dumps({
    "wall": wall, "cpu": cpu, "load": loaded - started, "peakMib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    "turns": [[turn.start, turn.end, speaker] for turn, _, speaker in result.speaker_diarization.itertracks(yield_label=True)],
    "versions": {name: version(name) for name in ("pyannote.audio", "torch")},
}))
