"""One run of speakrs' native CPU pipeline, started by bench/peers.ts: prints one line of JSON.

    python peer_speakrs.py RECORDING.wav THREADS SEGMENTATION.onnx EMBEDDING.onnx PLDA_DIR MODELS_DIR

MODELS_DIR is made from the ONNX files where it does not exist: speakrs 0.6 and later reads its weights from safetensors files.
"""
import json
import os
import sys

recording, threads, segmentation, embedding, plda, models = sys.argv[1:7]
for name in ("MATMUL_NUM_THREADS", "SPEAKRS_AHC_THREADS", "RAYON_NUM_THREADS"):
    os.environ[name] = threads
import resource
import time
from importlib.metadata import version
from pathlib import Path

import numpy as np


def make_models(folder):
    import peer_weights
    from safetensors.numpy import save_file

    def floats(arrays):
        return {name: np.ascontiguousarray(a, np.float32) for name, a in arrays.items() if a.dtype == np.float32}

    folder.mkdir(parents=True)
    save_file(floats(peer_weights.segmentation(segmentation)), folder / "segmentation-3.0.safetensors")
    save_file(floats(peer_weights.embedding(embedding)), folder / "wespeaker-multimask-tail.safetensors")
    (folder / "wespeaker-voxceleb-resnet34.min_num_samples.txt").write_text("400")
    for file in ("xvec_transform", "plda"):
        for name, array in np.load(f"{plda}/{file}.npz").items():
            np.save(folder / f"plda_{name}.npy", array)


if not Path(models).exists():
    make_models(Path(models))
if recording == "-":
    sys.exit()
started = time.perf_counter()
import speakrs

pipeline = speakrs.Pipeline.from_prepared(speakrs.prepare("CPU", model_dir=models))
loaded = time.perf_counter()
cpu = time.process_time()
result = pipeline.diarize_file(recording)
wall, cpu = time.perf_counter() - loaded, time.process_time() - cpu
print(json.dumps({
    "wall": wall, "cpu": cpu, "load": loaded - started, "peakMib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    "turns": [[segment.start, segment.end, segment.speaker] for segment in result.segments],
    "versions": {"speakrs": version("speakrs")},
}))
