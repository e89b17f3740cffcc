# SPDX-License-Identifier: Apache-2.0
"""Percentile bootstrap that resamples numerators and denominators together (Efron 1979).

It works on the group sums that estimators keep (`GROUPS`), not on rows: a log of any length costs the
same, and nothing has to be kept. Logs of fewer rows than groups are resampled row by row.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from bandit.errors import Invalid
from simulator.estimators.protocol import Interval
from simulator.estimators.sums import RatioSums, ratio_values
from simulator.intervals.student import check_level
from simulator.logs.partition import Floats, Ints


def bootstrap_values(several: Sequence[RatioSums], *, resamples: int = 10_000, seed: int = 0) -> Floats:
    """Values of each of `several` sums under the same resamples, shape (len(several), resamples).

    All must have seen the same rows: then differences between columns are paired.

    Raises:
        Invalid: no rows, sums of different rows, or fewer than two resamples.
    """
    if resamples < 2:
        raise Invalid(f"resamples: got {resamples}; allowed 2 or more", field="resamples")
    groups = several[0].groups.shape[0] if several else 0
    if groups == 0 or any(sums.groups.shape[0] != groups for sums in several):
        raise Invalid("bootstrap: got sums of no or of different rows; allowed the same rows", field="log")
    stacked = np.concatenate([sums.groups for sums in several], axis=1)
    generator = np.random.Generator(np.random.SFC64(seed))
    totals = np.empty((resamples, stacked.shape[1]))
    for i in range(resamples):
        totals[i] = np.bincount(_draw(generator, groups), minlength=groups) @ stacked
    edges = np.cumsum([0, *(sums.groups.shape[1] for sums in several)])
    return np.stack([ratio_values(totals[:, edges[i] : edges[i + 1]]) for i in range(len(several))])


def _draw(generator: np.random.Generator, groups: int) -> Ints:
    """As many draws from `groups` groups: 32 random bits scaled, a bias of 2^-18 at most."""
    bits = generator.integers(0, 2**64, size=(groups + 1) // 2, dtype=np.uint64).view(np.uint32)[:groups]
    drawn: Ints = (bits.astype(np.int64) * groups) >> 32
    return drawn


def bootstrap_interval(
    sums: RatioSums, *, level: float = 0.95, resamples: int = 10_000, seed: int = 0
) -> Interval:
    """Percentiles of the resampled values; resamples without any weight to divide by are left out."""
    check_level(level)
    return percentiles(bootstrap_values([sums], resamples=resamples, seed=seed)[0], level=level)


def percentiles(values: Floats, *, level: float) -> Interval:
    """The central interval of resampled values."""
    finite = values[np.isfinite(values)]
    if finite.shape[0] == 0:
        raise Invalid("bootstrap: got no overlap in any resample; allowed logs with overlap", field="log")
    low, high = np.quantile(finite, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))
