"""The peer of bench/score.ts: reads and scores a folder of ref/ and hyp/ RTTM files with pyannote.metrics.

    python -m venv peer && peer/bin/pip install pyannote.metrics==4.2.0
    node engine/bench/score.ts peer/bin/python
"""
import json, platform, sys, time, warnings
from importlib.metadata import version
from pathlib import Path

from pyannote.database.util import load_rttm
from pyannote.metrics.diarization import DiarizationCoverage, DiarizationErrorRate, DiarizationPurity, JaccardErrorRate

warnings.filterwarnings("ignore")
folder = Path(sys.argv[1])
start = time.process_time()
ref, hyp = ({uri: a for file in sorted((folder / side).glob("*.rttm")) for uri, a in load_rttm(file).items()} for side in ("ref", "hyp"))
read = time.process_time() - start

score, rates = {}, {}
for name, metric in (("der", DiarizationErrorRate(collar=0.25)), ("jer", JaccardErrorRate(collar=0.25)), ("purity", DiarizationPurity()), ("coverage", DiarizationCoverage())):
    start = time.process_time()
    for uri in ref:
        metric(ref[uri], hyp[uri])
    rates[name] = float(abs(metric))
    score[name] = time.process_time() - start
print(json.dumps({"read": read, "score": score, "rates": rates,
                  "versions": f"Python {platform.python_version()}, pyannote.metrics {version('pyannote.metrics')}, NumPy {version('numpy')}"}))
