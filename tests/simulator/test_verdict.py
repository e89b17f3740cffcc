# SPDX-License-Identifier: Apache-2.0
"""Diagnostics and the verdicts drawn from them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simulator.diagnostics import Diagnosis, Diagnostics
from simulator.intervals.sway import Sway
from simulator.logs.partition import Partition, Target
from simulator.verdict import judge, judge_difference, with_sway

HEALTHY = Diagnosis(
    rows=10_000,
    mean_weight=1.001,
    mean_weight_error=0.01,
    effective_rows=5000.0,
    max_weight=8.0,
    max_share=0.001,
    max_row=17,
    certain_rows=0.0,
    zero_rows=0.0,
    unsupported=0.0,
    unsupported_arms=(),
    rewarded_rows=400.0,
    timeline=(),
    histogram=(),
)


def test_healthy_weights_are_trusted() -> None:
    """Without anything to say the verdict is trust, without reasons."""
    verdict = judge(HEALTHY)
    assert (verdict.word, verdict.reasons) == ("trust", ())


@pytest.mark.parametrize(
    ("changes", "word", "reason"),
    [
        (
            {"max_share": 0.69, "effective_rows": 2.08},
            "cannot tell",
            "one row (row 17) holds 69% of all weight",
        ),
        ({"max_share": 0.06}, "caution", "one row (row 17) holds 6.0% of all weight"),
        ({"effective_rows": 12.0}, "cannot tell", "10,000 rows are worth 12.0, fewer than 30"),
        ({"effective_rows": 150.0}, "caution", "10,000 rows are worth 150.0, fewer than 200"),
        (
            {"unsupported": 0.3, "unsupported_arms": (2, 0)},
            "cannot tell",
            "30.0% of the policy's choices were never logged (c, a)",
        ),
        (
            {"unsupported": 0.002, "unsupported_arms": (0, 1, 2, 3)},
            "caution",
            "0.2% of the policy's choices were never logged (a, b, c and 1 more)",
        ),
        (
            {"mean_weight": 0.8, "weights_average": "wrong"},
            "caution",
            "weights average 0.800 instead of 1: propensities may be wrong",
        ),
        (
            {"mean_weight": 0.8, "weights_average": "too short to tell"},
            "caution",
            "weights average 0.800 instead of 1: the log is too short to tell why, as rows that weigh much "
            "are rare in it",
        ),
        (
            {"mean_weight": 0.4, "weights_average": "wrong"},
            "cannot tell",
            "weights average 0.400 instead of 1: propensities may be wrong",
        ),
        ({"rewarded_rows": 4.7}, "caution", "it rests on rewards worth 4.7 rows, fewer than 10"),
        (
            {"max_reward_share": 0.62, "max_reward_row": 123},
            "cannot tell",
            "one row (row 123) carries 62% of all reward",
        ),
        (
            {"max_reward_share": 0.2, "max_reward_row": 123},
            "caution",
            "one row (row 123) carries 20% of all reward",
        ),
        (
            {"certain_rows": 1.0, "zero_rows": 0.5},
            "cannot tell",
            "the logger was deterministic: nothing is known about other arms",
        ),
        (
            {"certain_rows": 0.6, "zero_rows": 0.1},
            "caution",
            "60% of the rows were logged with propensity 1: nothing is known about other arms there",
        ),
        (
            {"mean_weight": 0.0, "effective_rows": 0.0},
            "cannot tell",
            "the policy never shows what was logged",
        ),
    ],
)
def test_each_reason(changes: dict[str, Any], word: str, reason: str) -> None:
    """Each fault alone gives its verdict and its reason."""
    verdict = judge(replace(HEALTHY, **changes), arm_names=["a", "b", "c", "d"])
    assert verdict.word == word
    assert reason in verdict.reasons


def test_the_worst_reason_decides_and_comes_first() -> None:
    """Several faults: the worst word, its reason first."""
    verdict = judge(replace(HEALTHY, rewarded_rows=3.0, max_share=0.5), unbiased=False)
    assert verdict.word == "cannot tell"
    assert verdict.reasons[0].startswith("one row")
    assert len(verdict.reasons) == 3


@pytest.mark.parametrize(("share", "word"), [(0.05, "trust"), (0.2, "caution"), (0.97, "cannot tell")])
def test_what_hangs_on_one_row_is_not_trusted(share: float, word: str) -> None:
    """By the part of the variance that it makes up, for values, lifts and differences alike."""
    moved = Sway(share, 123)
    several = (
        ("value", with_sway(judge(HEALTHY), value=moved)),
        ("lift", with_sway(judge(HEALTHY), value=Sway(0.01, 7), lift=moved)),
        ("difference", judge_difference(moved)),
    )
    for what, verdict in several:
        assert verdict.word == word
        text = f"the {what} hangs on one row (row 123), which makes up {share:.0%} of its variance"
        assert verdict.reasons == (() if word == "trust" else (text,))


def test_a_row_whose_place_is_not_known_is_still_one_row() -> None:
    """In logs longer than the groups of rows that are kept the place is lost, not the finding."""
    assert judge_difference(Sway(0.8, -1)).reasons[0].startswith("the difference hangs on one row, which")


def test_no_rows() -> None:
    """Without rows nothing can be told."""
    assert judge(None).word == "cannot tell"


def test_an_estimator_without_weights_needs_only_rows() -> None:
    """What weighs nothing is not judged by weights."""
    assert judge(replace(HEALTHY, max_share=0.9), weighted=False).word == "trust"
    assert judge(replace(HEALTHY, rows=5), weighted=False).word == "cannot tell"


def test_diagnosis_of_known_rows() -> None:
    """Figures agree with their definitions."""
    logged = Partition(
        reward=np.array([1.0, 0.0, 0.0, 2.0]),
        propensity=np.array([0.5, 0.5, 1.0, 0.25]),
        action=np.array([0, 1, 1, 0]),
        probabilities=np.array([[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 1, 0], [0.25, 0.75, 0]]),
    )
    policy = np.array([[0.5, 0.3, 0.2]] * 4)
    seen = Diagnostics()
    seen.add(logged, Target.of(logged, policy))
    diagnosis = seen.diagnose()
    assert diagnosis is not None
    w = np.array([1.0, 0.6, 0.3, 2.0])
    assert diagnosis.mean_weight == pytest.approx(w.mean())
    assert diagnosis.effective_rows == pytest.approx(w.sum() ** 2 / (w**2).sum())
    assert (diagnosis.max_weight, diagnosis.max_row) == (2.0, 3)
    assert diagnosis.max_share == pytest.approx(2.0 / w.sum())
    assert diagnosis.certain_rows == 0.25
    assert diagnosis.rewarded_rows == pytest.approx(25.0 / 17.0)
    assert diagnosis.max_reward_share == pytest.approx(0.8)
    assert diagnosis.max_reward_row == 3
    assert diagnosis.unsupported == pytest.approx((0.2 * 4 + 0.5) / 4)
    assert diagnosis.unsupported_arms == (2, 0)
    assert sum(rows for _, rows, _ in diagnosis.histogram) == 4
    assert sum(share for _, _, share in diagnosis.histogram) == pytest.approx(1.0)


def test_arms_that_were_never_logged_are_holes_without_vectors() -> None:
    """Where only propensities are known, arms without any row count as unsupported."""
    logged = Partition(np.zeros(3), np.full(3, 0.5), np.zeros(3, dtype=np.int64))
    seen = Diagnostics()
    seen.add(logged, Target.of(logged, np.array([[0.4, 0.6]] * 3)))
    diagnosis = seen.diagnose()
    assert diagnosis is not None
    assert diagnosis.unsupported == pytest.approx(0.6)


@pytest.mark.parametrize("parts", [2, 9])
def test_diagnostics_merge(sample: Any, cut: Any, parts: int) -> None:
    """Merged figures are those of one pass; only the timeline shows the partitions."""
    whole, several = Diagnostics(), [Diagnostics() for _ in range(parts)]
    whole.add(sample.logged, sample.target)
    for one, part in zip(several, cut(sample, parts), strict=True):
        one.add(part.logged, part.target)
    for other in several[1:]:
        several[0].merge(other)
    merged, single = several[0].diagnose(), whole.diagnose()
    assert merged is not None
    assert single is not None
    names = ("mean_weight", "effective_rows", "max_share", "max_row", "unsupported", "rewarded_rows")
    for name in (*names, "max_reward_share", "max_reward_row"):
        assert getattr(merged, name) == pytest.approx(getattr(single, name), rel=1e-12)
    assert [start for start, _, _ in merged.timeline] == [part.logged.start for part in cut(sample, parts)]
