"""pyannote.metrics' own diarization error rate of the hypotheses that `npm run bench:der -- … --hypotheses OUT` keeps.

    python -m venv peer && peer/bin/pip install pyannote.metrics==4.2.0
    peer/bin/python engine/bench/peer_der.py hypotheses.rttm DIR [DIR …]

Prints a line a folder: DER without collar and with 0.25 s on either side (pyannote's collar=0.5), as bench:der does.
"""
import sys
from pathlib import Path

from pyannote.core import Annotation, Segment, Timeline
from pyannote.metrics.diarization import DiarizationErrorRate


def read_rttm(path):
    found = {}
    for number, line in enumerate(Path(path).read_text().splitlines()):
        fields = line.split()
        if fields and fields[0] == "SPEAKER":
            start = float(fields[3])
            found.setdefault(fields[1], Annotation(uri=fields[1]))[Segment(start, start + float(fields[4])), number] = fields[7]
    return found


hypotheses = read_rttm(sys.argv[1])
for folder in map(Path, sys.argv[2:]):
    metrics = DiarizationErrorRate(), DiarizationErrorRate(collar=0.5)
    for rttm in sorted(folder.glob("*.rttm")):
        reference = read_rttm(rttm)
        reference = reference.get(rttm.stem) or next(iter(reference.values()))
        uem = rttm.with_suffix(".uem")
        spans = [line.split()[2:4] for line in uem.read_text().splitlines()] if uem.exists() else None
        timeline = Timeline([Segment(float(a), float(b)) for a, b in spans]) if spans else None
        for metric in metrics:
            metric(reference, hypotheses.get(rttm.stem, Annotation(uri=rttm.stem)), uem=timeline)
    print(folder.name, *(f"{100 * abs(metric):.2f}" for metric in metrics))
