# SPDX-License-Identifier: Apache-2.0
"""From scores to probabilities over the eligible arms: all alike, or the best."""

from __future__ import annotations

import numpy as np

from policies.errors import InvalidInput
from policies.protocol import Bools, Floats

# Scores closer than this (relative) differ by rounding only, so they tie.
_TIE = 1e-12


def check_eligible(eligible: Bools, *, shape: tuple[int, ...]) -> None:
    """Raise InvalidInput unless every request has an eligible arm."""
    _check_shape(eligible, shape)
    if not eligible.all() and not eligible.any(axis=1).all():
        raise _nobody()


def _check_shape(eligible: Bools, shape: tuple[int, ...]) -> None:
    if eligible.shape != shape:
        raise InvalidInput("eligible", got=f"shape {eligible.shape}", allowed=f"shape {shape}")


def _nobody() -> InvalidInput:
    return InvalidInput("eligible", got="a request without eligible arms", allowed="one or more a request")


def uniform_over(eligible: Bools) -> Floats:
    """Share probability equally among the eligible arms."""
    check_eligible(eligible, shape=eligible.shape)
    shares: Floats = eligible / np.add.reduce(eligible, axis=1, keepdims=True)
    return shares


def best_of(scores: Floats, eligible: Bools) -> Floats:
    """Give all probability to the highest score; ties share it equally."""
    _check_shape(eligible, scores.shape)
    masked = np.where(eligible, scores, -np.inf)
    top = np.maximum.reduce(masked, axis=1, keepdims=True)
    if np.minimum.reduce(top, axis=None) == -np.inf:
        raise _nobody()
    slack = np.abs(top)
    slack += 1.0
    slack *= _TIE
    best = masked >= np.subtract(top, slack, out=slack)
    if np.count_nonzero(best) == len(best):
        return best.astype(np.float64)
    shares: Floats = best / np.add.reduce(best, axis=1, keepdims=True)
    return shares
