"""How the learning rate goes, and the running mean of the weights that is what gets exported."""
import torch
from torch import nn

WARM_UP = 200
DECAY = 0.2


def rate(step: int, steps: int) -> float:
    """0 → 1 over the first 200 steps, 1 → 0 linearly over the last fifth."""
    return min(1.0, (step + 1) / WARM_UP, (steps - step) / max(1, DECAY * steps))


@torch.no_grad()
def average(mean: nn.Module, network: nn.Module, taken: int) -> None:
    """Exponential mean over about 500 steps, fewer at the beginning of a run; counters are copied."""
    share = max(0.002, 1 / (taken / 4 + 2))
    for kept, new in zip(mean.state_dict().values(), network.state_dict().values()):
        kept.lerp_(new, share) if kept.dtype.is_floating_point else kept.copy_(new)
