# SPDX-License-Identifier: Apache-2.0
"""Intervals against vw-estimators 0.2.2 on the same rows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simulator.estimators.cressie_read import CressieRead
from simulator.estimators.ips import IPS
from simulator.estimators.snips import SNIPS
from simulator.intervals.bootstrap import bootstrap_interval
from simulator.intervals.clopper_pearson import clopper_pearson_interval
from simulator.intervals.cressie_read import cressie_read_interval
from simulator.intervals.gamma_sequence import GammaSequence
from simulator.intervals.student import normal_interval

REWARDS = (0.0, 1.0)


@pytest.mark.parametrize(
    ("weight_max", "low", "high"),
    [
        (float("inf"), 0.36058415893102247, 0.7851336230235444),
        (40.0, 0.36682120185091777, 0.7868556333620811),
    ],
)
def test_cressie_read(sample: Any, weight_max: float, low: float, high: float) -> None:
    """The Cressie-Read interval is that of the reference, with and without a known largest weight."""
    estimator = CressieRead(weight_max=weight_max)
    estimator.add(sample.logged, sample.target)
    interval = cressie_read_interval(estimator, reward_range=REWARDS)
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=1e-9)


def test_cressie_read_of_a_sampled_log(sample: Any) -> None:
    """Dropped events widen the interval as in the reference."""
    keep = np.where(np.arange(sample.logged.rows) % 2, 0.5, 1.0)
    estimator = CressieRead()
    estimator.add(replace(sample.logged, keep=keep), sample.target)
    interval = cressie_read_interval(estimator, reward_range=REWARDS)
    assert (interval.low, interval.high) == pytest.approx((0.33133832213938413, 0.7876122765553362), abs=1e-9)


def test_clopper_pearson_and_normal(sample: Any) -> None:
    """The binomial and the normal interval of IPS are those of the reference."""
    estimator = IPS()
    estimator.add(sample.logged, sample.target)
    answer = estimator.estimate()
    assert answer is not None
    binomial = clopper_pearson_interval(estimator.sums, reward_range=REWARDS)
    normal = normal_interval(answer)
    assert (binomial.low, binomial.high) == pytest.approx((0.2937754878201982, 0.8254481710980135), abs=1e-9)
    assert (normal.low, normal.high) == pytest.approx((0.3602773628975739, 0.7913927071822862), abs=1e-9)


@pytest.mark.parametrize("parts", [1, 3])
def test_gamma_sequence(sample: Any, cut: Any, parts: int) -> None:
    """The gamma-exponential sequence is that of the reference, in any split into partitions."""
    sequence = GammaSequence()
    for part in cut(sample, parts):
        sequence.add(part.logged, part.target)
    interval = sequence.interval()
    assert (interval.low, interval.high) == pytest.approx((0.15479023901040637, 0.8531452418722194), abs=1e-8)


def test_bootstrap_agrees_with_resampling_rows(sample: Any) -> None:
    """Resampling groups, one a row here, gives the percentiles of resampling rows by hand."""
    estimator = SNIPS()
    estimator.add(sample.logged, sample.target)
    interval = bootstrap_interval(estimator.sums, resamples=4000, seed=1)
    g = np.random.default_rng(2)
    w = sample.target.probability / sample.logged.propensity
    drawn = g.integers(0, w.shape[0], size=(4000, w.shape[0]))
    values = (w * sample.logged.reward)[drawn].sum(axis=1) / w[drawn].sum(axis=1)
    low, high = np.quantile(values, [0.025, 0.975])
    assert (interval.low, interval.high) == pytest.approx((low, high), abs=0.01)
