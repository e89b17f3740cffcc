# SPDX-License-Identifier: Apache-2.0
"""Slate estimators against obp 0.5.7 and vw-estimators 0.2.2, and what each of them must do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bandit.errors import Invalid
from simulator.slates import SLATE_ESTIMATORS
from simulator.slates.partition import SlatePartition, SlateProbabilities, SlateTarget

PAGES, SLOTS, ARMS = 60, 3, 4
REFERENCE = {
    "slate_ips": 2.553985376115576,
    "independent_ips": 1.434597777931152,
    "reward_interaction_ips": 2.120067348023756,
    "self_normalised_slate_ips": 1.4890809740529334,
    "self_normalised_independent_ips": 1.3489689362325032,
    "self_normalised_reward_interaction_ips": 1.428804636320181,
    "cascade_dr": 1.8618799825972452,
    "pseudo_inverse": 1.6570850369978216,
}


def probabilities(conditional: Any, marginal: Any) -> SlateProbabilities:
    """Of a page whose slots have these probabilities given those above them."""
    cascade = np.cumprod(conditional, axis=1)
    return SlateProbabilities(joint=cascade[:, -1], slot=marginal, cascade=cascade)


@pytest.fixture(scope="module")
def pages() -> tuple[SlatePartition, SlateTarget]:
    """60 pages of three slots."""
    g = np.random.default_rng(11)
    logger, policy, logger_slot, policy_slot = (g.random((PAGES, SLOTS)) * 0.6 + 0.2 for _ in range(4))
    reward = (g.random((PAGES, SLOTS)) < 0.4).astype(float)
    vectors = g.random((PAGES, SLOTS, ARMS))
    vectors /= vectors.sum(axis=2, keepdims=True)
    model = g.random((PAGES, SLOTS, ARMS))
    action = (g.random((PAGES, SLOTS)) * ARMS).astype(int)
    predicted = np.take_along_axis(model, action[:, :, None], axis=2)[:, :, 0]
    logged = SlatePartition(reward, probabilities(logger, logger_slot))
    target = SlateTarget(probabilities(policy, policy_slot), predicted, (model * vectors).sum(axis=2))
    return logged, target


def part(pages: tuple[SlatePartition, SlateTarget], rows: slice) -> tuple[SlatePartition, SlateTarget]:
    """A run of pages."""
    logged, target = pages

    def some(p: SlateProbabilities) -> SlateProbabilities:
        return SlateProbabilities(*(None if c is None else c[rows] for c in (p.joint, p.slot, p.cascade)))

    assert target.predicted is not None
    assert target.expected is not None
    return (
        SlatePartition(logged.reward[rows], some(logged.logged), start=rows.start or 0),
        SlateTarget(some(target.probability), target.predicted[rows], target.expected[rows]),
    )


def test_every_estimator_has_a_reference() -> None:
    """The table and the references name the same estimators."""
    assert set(SLATE_ESTIMATORS) == set(REFERENCE)


@pytest.mark.parametrize("name", sorted(SLATE_ESTIMATORS))
@pytest.mark.parametrize("parts", [1, 4])
def test_reference(pages: Any, name: str, parts: int) -> None:
    """An estimator gives the value of the reference within 1e-9, in one piece and merged."""
    several = [SLATE_ESTIMATORS[name]() for _ in range(parts)]
    size = PAGES // parts
    for i, estimator in enumerate(several):
        estimator.add(*part(pages, slice(i * size, (i + 1) * size)))
    for other in several[1:]:
        several[0].merge(other)
    answer = several[0].estimate()
    assert answer is not None
    assert answer.value == pytest.approx(REFERENCE[name], abs=1e-9)


@pytest.mark.parametrize("name", sorted(SLATE_ESTIMATORS))
def test_no_pages_no_answer(name: str) -> None:
    """Without pages the answer is None."""
    assert SLATE_ESTIMATORS[name]().estimate() is None


@pytest.mark.parametrize("name", sorted(SLATE_ESTIMATORS))
def test_refuses_what_it_cannot_support(pages: Any, name: str) -> None:
    """Pages without the probabilities that an estimator needs are refused."""
    logged = SlatePartition(pages[0].reward, SlateProbabilities())
    with pytest.raises(Invalid, match=f"^{name}: got"):
        SLATE_ESTIMATORS[name]().add(logged, SlateTarget(SlateProbabilities()))


@pytest.mark.parametrize("name", sorted(SLATE_ESTIMATORS))
def test_the_logger_is_worth_what_it_earned(pages: Any, name: str) -> None:
    """The logging policy is worth its mean page, also where some pages have fewer slots."""
    logged, _ = pages
    shown = np.ones((PAGES, SLOTS), dtype=bool)
    shown[::3, 2] = False
    reward = np.where(shown, logged.reward, 0.0)
    exact = SlateTarget(logged.logged, np.zeros_like(reward), np.zeros_like(reward))
    estimator = SLATE_ESTIMATORS[name]()
    estimator.add(SlatePartition(reward, logged.logged, shown=shown), exact)
    answer = estimator.estimate()
    assert answer is not None
    assert answer.value == pytest.approx(reward.sum(axis=1).mean(), abs=1e-12)


@pytest.mark.parametrize("value", [0.0, 1.5, float("nan")])
def test_impossible_probabilities_are_refused(value: float) -> None:
    """A page that could not have been shown is refused with the field."""
    with pytest.raises(Invalid, match=r"joint: got .* allowed \(0, 1\]"):
        SlatePartition(np.zeros((1, 2)), SlateProbabilities(joint=np.array([value])))
