"""The seven classes of a frame (nobody, 1, 2, 3, 1+2, 1+3, 2+3), and what they become when the speakers change places."""
import itertools

import numpy as np
import torch

MEMBERS = torch.tensor([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [1, 0, 1], [0, 1, 1]])
CODE = {tuple(row): i for i, row in enumerate(MEMBERS.tolist())}
# PERMUTATIONS[p, c]: the class that c becomes when speaker i is called p[i]
PERMUTATIONS = torch.tensor([
    [CODE[tuple(row[list(p).index(i)] for i in range(3))] for row in MEMBERS.tolist()] for p in itertools.permutations(range(3))
])


def encode(active: np.ndarray) -> np.ndarray:
    """[frames, speakers] -> class of each frame: the three who speak most, of three at once the two who speak most."""
    order = np.argsort(-active.sum(0), kind="stable")[:3]
    three = np.zeros((len(active), 3), int)
    three[:, : len(order)] = active[:, order]
    three[three.all(1), 2] = 0
    table = np.zeros(8, np.uint8)
    for row, code in CODE.items():
        table[row[0] * 4 + row[1] * 2 + row[2]] = code
    return table[three @ np.array([4, 2, 1])]


def permuted_costs(target: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
    """Targets and log-probabilities [batch, frames, 7] -> mean cross-entropy for each calling of the speakers [batch, 6]."""
    table = -torch.bmm(target.transpose(1, 2), scores) / scores.shape[1]
    return torch.stack([table[:, torch.arange(7), p].sum(1) for p in PERMUTATIONS], 1)


def align(target: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
    """Scores with the speakers called as in the targets."""
    best = PERMUTATIONS[permuted_costs(target, scores).argmin(1)]
    return torch.gather(scores, 2, best[:, None].expand_as(scores))


def local_errors(truth: torch.Tensor, found: torch.Tensor) -> dict[str, float]:
    """Classes [windows, frames] -> missed, false alarm and confused speech in % of the spoken time, best calling a window."""
    real, heard = MEMBERS[truth.long()], MEMBERS[found.long()]
    confusions = []
    for p in itertools.permutations(range(3)):
        right = (real * heard[:, :, list(p)]).sum(2)
        confusions.append((torch.minimum(real.sum(2), heard.sum(2)) - right).sum(1))
    total = real.sum().item() / 100
    missed = (real.sum(2) - heard.sum(2)).clamp(min=0).sum().item() / total
    false = (heard.sum(2) - real.sum(2)).clamp(min=0).sum().item() / total
    confused = torch.stack(confusions).min(0).values.sum().item() / total
    return {"error": missed + false + confused, "missed": missed, "false": false, "confused": confused}
