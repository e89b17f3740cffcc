# SPDX-License-Identifier: Apache-2.0
"""How likely visitors look at each slot at all, from a holdout ranked at random.

Position-based model (Craswell, Zoeter, Taylor & Ramsey 2008): a slot earns its examination probability times
what the arm would earn if it was looked at. In the holdout arms are spread evenly, so rates differ by slot
only through examination. A contribution of slot k has weight p_k: A += p_k x x', b += r x, so E[b] = A theta.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from policies.errors import InvalidInput
from policies.protocol import Bools, Floats

# Weights are multiples of this, so that sums stay exact.
GRID = 2.0**-8


def on_weight_grid(probabilities: Sequence[float] | Floats) -> Floats:
    """Round examination probabilities to the grid of weights, but never to 0."""
    p = np.asarray(probabilities, dtype=np.float64)
    if p.ndim != 1 or not ((p > 0.0) & (p <= 1.0)).all():
        raise InvalidInput("examination", got=probabilities, allowed="numbers more than 0 and up to 1")
    rounded: Floats = np.maximum(np.rint(p / GRID), 1.0) * GRID
    return rounded


def estimate_examination(
    shown: Sequence[float] | Floats, rewarded: Sequence[float] | Floats, *, prior: float = 20.0
) -> Floats:
    """Return the examination probability of each slot relative to the first, on the grid of weights.

    Rates are drawn towards the rate of all slots by `prior` views, made non-increasing from slot to slot
    (isotonic regression weighted by views, Barlow et al. 1972), and divided by the first.

    Args:
        shown: views per slot in the holdout; rewarded: their rewards (or clicks), 0 or more.
    """
    views, rewards = np.asarray(shown, dtype=np.float64), np.asarray(rewarded, dtype=np.float64)
    if views.ndim != 1 or views.shape != rewards.shape or len(views) == 0:
        raise InvalidInput(
            "rewarded", got=f"shape {rewards.shape}", allowed=f"shape {views.shape}, not empty"
        )
    for field, values in (("shown", views), ("rewarded", rewards)):
        if not (np.isfinite(values) & (values >= 0.0)).all():
            raise InvalidInput(field, got=values.tolist(), allowed="finite numbers 0 or more")
    if rewards.sum() == 0.0:
        return np.ones(len(views))
    overall = rewards.sum() / views.sum()
    weights = views + prior
    rates = non_increasing((rewards + prior * overall) / weights, weights)
    return on_weight_grid(np.minimum(rates / rates[0], 1.0))


def non_increasing(values: Floats, weights: Floats) -> Floats:
    """Return the closest non-increasing sequence by weighted squares (pool adjacent violators)."""
    blocks: list[tuple[float, float, int]] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        blocks.append((value, weight, 1))
        while len(blocks) > 1 and blocks[-2][0] < blocks[-1][0]:
            (v1, w1, n1), (v2, w2, n2) = blocks[-2:]
            blocks[-2:] = [((v1 * w1 + v2 * w2) / (w1 + w2), w1 + w2, n1 + n2)]
    return np.concatenate([np.full(n, value) for value, _, n in blocks])


def cascade_weights(rewarded: Bools) -> Floats:
    """Return 1 for slots down to the last rewarded one, 0 below it; all 1 where nothing was rewarded.

    Cascade model (Craswell et al. 2008): visitors read from the top; what is below the click says nothing.

    Args:
        rewarded: shape (..., slots).
    """
    slots = rewarded.shape[-1]
    last = slots - 1 - np.argmax(rewarded[..., ::-1], axis=-1)
    end = np.where(rewarded.any(axis=-1), last, slots - 1)
    weights: Floats = (np.arange(slots) <= end[..., None]).astype(np.float64)
    return weights
