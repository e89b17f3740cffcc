# SPDX-License-Identifier: Apache-2.0
"""The demo says what the report and the visitors' sums say, and a dash where they say nothing."""

from __future__ import annotations

import json

import pytest

from simulator.demo.standing import Standing, interval, percent
from simulator.demo.store import Mean


def test_ratios_are_of_observed_rates(standing: Standing) -> None:
    """The learned rate is compared with the holdout's and with the oracle's of the same visitors."""
    assert standing.times_holdout == pytest.approx(2.0)
    assert standing.oracle == pytest.approx(285.0 / 2_850)
    assert standing.share_of_oracle == pytest.approx(0.8)


def test_nothing_is_claimed_before_the_first_visitor(early: Standing) -> None:
    """Without visitors there are dashes, no zeros and no division by them."""
    assert (early.times_holdout, early.share_of_oracle, early.oracle) == (None, None, None)
    assert early.per_s() == 0
    assert early.curve(points=10) == []
    assert early.line().count("–") == 5
    assert any("–" in line for line in early.summary())


def test_curve_shows_the_rise(standing: Standing) -> None:
    """Each point is the share of its own stretch of time, not of all time."""
    assert standing.curve(points=10) == pytest.approx([0.4] * 5 + [0.9] * 5)
    assert len(standing.curve(points=60)) == 60


def test_rate_of_visitors_is_the_latest(standing: Standing) -> None:
    """Visitors a second are counted over the last ten seconds."""
    assert standing.per_s() == pytest.approx(10.0)


def test_summary_names_failures_only_if_there_were_any(standing: Standing) -> None:
    """A failed request is worth a line, none is not."""
    quiet = standing.summary()
    standing.met.failed, standing.met.problem = 2, "ReadTimeout"
    assert [line for line in standing.summary() if line not in quiet] == [
        "2 requests of visitors failed, the last one: ReadTimeout"
    ]


def test_summary_is_json_too(standing: Standing) -> None:
    """What --json prints survives a round trip and holds the numbers of the summary."""
    read = json.loads(json.dumps(standing.plain()))
    assert read["click_rate"] == pytest.approx({"learned": 0.08, "holdout": 0.04, "oracle": 0.1})
    assert read["decisions"] == {"policy": 950, "holdout": 50}
    assert len(read["arms"]) == 12


def test_bounds_stay_within_what_a_rate_can_be() -> None:
    """An interval that reaches below nothing is cut there."""
    assert interval(Mean(0.05, -0.2, 1.3)) == " [0.0 to 100.0]"
    assert interval(Mean()) == ""
    assert percent(None) == "–"
