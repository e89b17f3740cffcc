# SPDX-License-Identifier: Apache-2.0
"""An evaluation in a sentence, and figures as people read them."""

from __future__ import annotations

from typing import Any

import pytest

from simulator.estimators.protocol import Estimate, Interval
from simulator.evaluation.conclusion import conclusion, figure
from simulator.evaluation.results import Answer, Evaluation, PolicyResult
from simulator.intervals.paired import Difference
from simulator.verdict import Verdict


def answer(value: float, *, lift: tuple[float, float] = (0.1, 0.2), verdict: Verdict | None = None) -> Answer:
    """A SNIPS answer around a value."""
    return Answer(
        "snips",
        Estimate(value, 0.01, 1000.0, 900.0),
        Interval(value - 0.1, value + 0.1),
        verdict or Verdict("trust", ()),
        Difference(sum(lift) / 2, 0.01, *lift),
    )


def evaluation(*answers: Answer, **more: Any) -> Evaluation:
    """An evaluation of policies a, b, ... on a log whose logger earned 0.1."""
    policies = tuple(
        PolicyResult(name, (one,), None, None, ()) for name, one in zip("abc", answers, strict=False)
    )
    return Evaluation(1000, 1000, (), (), (0.0, 1.0), False, answer(0.1), policies, unit="slot", **more)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.8374, "0.837"),
        (1234.5, "1,234"),
        (12.0, "12"),
        (0.0000000596, "0.0000000596"),
        (0.0, "0"),
        (-0.07021, "-0.0702"),
    ],
)
def test_figures_have_three_digits_and_no_powers_of_ten(value: float, text: str) -> None:
    """Nobody should have to read 5.96e-8."""
    assert figure(value) == text


def test_rates_are_per_cent() -> None:
    """Clicks are read as rates."""
    assert figure(0.0837, rate=True) == "8.37%"


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ([answer(0.84)], "a earns 0.84 a slot against the logger's 0.1; the log supports it."),
        (
            [answer(0.12, lift=(-0.1, 0.2))],
            "a earns 0.12 a slot against the logger's 0.1; the log does not tell the two apart.",
        ),
        (
            [answer(0.02, lift=(-0.2, -0.1))],
            "a earns 0.02 a slot against the logger's 0.1; the log says that the logger earns more.",
        ),
        (
            [answer(0.84, verdict=Verdict("caution", ("few rewards",)))],
            "a earns 0.84 a slot against the logger's 0.1; the log supports it, but take care: few rewards.",
        ),
        (
            [answer(0.84), answer(9.0, verdict=Verdict("cannot tell", ("one row",))), answer(0.9)],
            "Of 3 policies c is best: it earns 0.9 a slot against the logger's 0.1; the log supports it. "
            "It cannot tell about one policy.",
        ),
        (
            [answer(9.0, verdict=Verdict("cannot tell", ("one row",)))],
            "This log cannot tell what a would have earned: one row.",
        ),
    ],
)
def test_the_conclusion_says_what_the_log_supports(answers: list[Answer], said: str) -> None:
    """The best policy of those that the log knows about, beside the logger, and how sure that is."""
    assert conclusion(evaluation(*answers)) == said
