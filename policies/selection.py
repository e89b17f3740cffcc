# SPDX-License-Identifier: Apache-2.0
"""From beliefs to exact selection probabilities over the eligible arms."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from policies.errors import InvalidInput
from policies.protocol import Bools, Floats

# Scores closer than this (relative) differ by rounding only, so they tie.
_TIE = 1e-12


def check_eligible(eligible: Bools, *, shape: tuple[int, ...]) -> None:
    """Raise InvalidInput unless every request has an eligible arm."""
    if eligible.shape != shape:
        raise InvalidInput("eligible", got=f"shape {eligible.shape}", allowed=f"shape {shape}")
    if not eligible.any(axis=1).all():
        raise InvalidInput("eligible", got="a request without eligible arms", allowed="one or more a request")


def uniform_over(eligible: Bools) -> Floats:
    """Share probability equally among the eligible arms."""
    check_eligible(eligible, shape=eligible.shape)
    shares: Floats = eligible / eligible.sum(axis=1, keepdims=True)
    return shares


def best_of(scores: Floats, eligible: Bools) -> Floats:
    """Give all probability to the highest score; ties share it equally."""
    check_eligible(eligible, shape=scores.shape)
    masked = np.where(eligible, scores, -np.inf)
    top = masked.max(axis=1, keepdims=True)
    best = masked >= top - _TIE * (1.0 + np.abs(top))
    shares: Floats = best / best.sum(axis=1, keepdims=True)
    return shares


# Tails beyond 7 standard deviations hold 1.3e-12; nodes this dense integrate 20 arms to about 1e-10.
_TAIL = 7.0
_STEP = 0.075
_DENSITY = 1.0 / np.sqrt(2.0 * np.pi)


def best_gaussian(mean: Floats, deviation: Floats, eligible: Bools) -> Floats:
    """Return the probability of each arm that its independent Gaussian draw is the largest.

    P_k = int f_k(y) prod_{j != k} F_j(y) dy = int H(y) f_k(y) / F_k(y) dy with H = prod_j F_j, by the
    trapezoid rule after y = low + s (e^u - 1). `low` is the largest m_j - 7 s_j, below which H vanishes; so
    an arm of deviation s_j varies only within 14 s_j of it, and steps that grow with the distance from
    `low` resolve every arm, however different their deviations are.

    Args:
        mean: shape (B, K).
        deviation: standard deviations, 0 or more, shape (B, K).
        eligible: shape (B, K).
    """
    check_eligible(eligible, shape=mean.shape)
    masked = np.where(eligible, mean, -np.inf)
    widest = np.where(eligible, deviation, 0.0).max(axis=1, keepdims=True)
    # An arm without uncertainty among others that have some: a spike far narrower than theirs.
    least = np.maximum(1e-9 * widest, 1e-13 * (1.0 + np.abs(masked.max(axis=1, keepdims=True))))
    s = np.maximum(deviation, least)
    low = (masked - _TAIL * s).max(axis=1, keepdims=True)
    high = (masked + _TAIL * s).max(axis=1, keepdims=True)
    matters = eligible & (mean + _TAIL * s > low)
    narrow = np.where(matters, s, np.inf).min(axis=1, keepdims=True)
    reach = np.log1p((high - low) / narrow)
    count = int(np.ceil(reach.max() / _STEP)) + 1
    u = reach * np.linspace(0.0, 1.0, count)
    y = low + narrow * np.expm1(u)
    weight = narrow * np.exp(u)
    z = (y[:, None, :] - mean[:, :, None]) / s[:, :, None]
    z[~matters] = 40.0
    below = ndtr(z)
    hazard = np.exp(-0.5 * z * z) / below
    share = np.matmul(hazard, (weight * below.prod(axis=1))[:, :, None])[:, :, 0] / s
    result: Floats = share / share.sum(axis=1, keepdims=True)
    return result
