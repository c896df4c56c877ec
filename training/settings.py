"""Numbers that every file of the recipe shares, and where intermediate files lie.

The grids are those of the networks' contract (engine/models/*/MODEL_CARD.md): changing one here means another contract.
"""
import os
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORK = Path(os.environ.get("DIARIST_TRAINING_WORK", HERE / "work"))

SAMPLE_RATE = 16000
WINDOW = 10 * SAMPLE_RATE  # samples the segmentation hears at once
FRAME_STEP = 270  # samples between its frames
FRAME_FIELD = 991  # samples that the first frame stands for
MASK_RATE = 100  # speech masks: values a second
MASK_HOP = SAMPLE_RATE // MASK_RATE


def num_frames(samples: int) -> int:
    """Segmentation frames of so many samples: 589 of 10 s."""
    return 1 + (samples - FRAME_FIELD) // FRAME_STEP
