# SPDX-License-Identifier: Apache-2.0
"""Every estimator against the values of obp 0.5.7 and vw-estimators 0.2.2 on the same rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from simulator.estimators import ESTIMATORS
from simulator.logs.partition import Target

ONE_LOGGER = [
    ("ips", {}, 0.5758350350399299),
    ("clipped_ips", {"limit": 3.0}, 0.44215437933542245),
    ("snips", {}, 0.667610386799466),
    ("sub_gaussian_ips", {"bend": 0.1}, 0.4655710223989359),
    ("direct_method", {}, 0.4982305999395708),
    ("dr", {}, 0.6168768950129158),
    ("clipped_dr", {"limit": 3.0}, 0.5722830929935105),
    ("sndr", {}, 0.6357864868278128),
    ("switch_dr", {"limit": 3.0}, 0.5335131286594593),
    ("dros", {"limit": 3.0}, 0.5218262918731156),
    ("sub_gaussian_dr", {"bend": 0.1}, 0.5805742303746069),
    ("marginalised_ips", {}, 0.5681704038164799),
    ("cressie_read", {}, 0.6507553294181109),
    ("cressie_read", {"weight_max": 40.0}, 0.6448100476746651),
    ("empirical_likelihood", {}, 0.6507553294181108),
]
TWO_LOGGERS = [
    ("weighted_ips", 0.6012935900076015),
    ("weighted_dr", 0.5959562545597713),
    ("balanced_ips", 0.47297034410001987),
    ("balanced_dr", 0.5672260131975129),
]


@pytest.mark.parametrize(("name", "settings", "value"), ONE_LOGGER)
def test_one_logger(sample: Any, name: str, settings: dict[str, float], value: float) -> None:
    """An estimator gives the value of the reference within 1e-9."""
    estimator = ESTIMATORS[name](**settings)
    estimator.add(sample.logged, sample.target)
    estimate = estimator.estimate()
    assert estimate is not None
    assert estimate.value == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize(("name", "value"), TWO_LOGGERS)
def test_two_loggers(two_loggers: Any, name: str, value: float) -> None:
    """An estimator for several loggers gives the value of the reference within 1e-9."""
    estimator = ESTIMATORS[name]()
    estimator.add(two_loggers.logged, two_loggers.target)
    estimate = estimator.estimate()
    assert estimate is not None
    assert estimate.value == pytest.approx(value, abs=1e-9)


def test_replay(sample: Any) -> None:
    """Replay of the policy that takes the model's best arm gives the value of the reference."""
    best = np.eye(6)[sample.model.argmax(axis=1)]
    estimator = ESTIMATORS["replay"]()
    estimator.add(sample.logged, Target.of(sample.logged, best))
    estimate = estimator.estimate()
    assert estimate is not None
    assert estimate.value == pytest.approx(0.7777777777777777, abs=1e-9)
