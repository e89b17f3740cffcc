# SPDX-License-Identifier: Apache-2.0
"""What seasons add up to, and how it is shown."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_1samp

from bandit.core.tally import Group
from simulator.logs.partition import Floats
from simulator.simulation.as_json import MEANS, as_json
from simulator.simulation.as_table import notes, table
from simulator.simulation.results import SeedMean, standings
from simulator.simulation.season import POINTS, Curve, Season, Task
from simulator.worlds.earnings import Earnings


def season(policy: str, seed: int, expected: Floats, *, world: str = "w", held: int = 0) -> Season:
    """A season whose best page earns 1 in every round."""
    n = len(expected)
    earned: dict[Group, Earnings] = {"policy": Earnings(), "holdout": Earnings(held, held, 0.25 * held, held)}
    return Season(
        task=Task(world=world, policy=policy, seed=seed, rounds=n),
        curve=Curve.of(expected, np.ones(n), np.round(expected)),
        earned=earned,
    )


@pytest.fixture
def seasons() -> list[Season]:
    """Two policies with three seeds each; the second earns 0.1 more in every round of every seed."""
    levels = {1: 0.3, 2: 0.5, 3: 0.4}
    return [
        season(policy, seed, np.full(10, level + more))
        for seed, level in levels.items()
        for policy, more in (("a", 0.0), ("b", 0.1))
    ]


def test_curves_are_sums_at_few_points() -> None:
    """However long a season, its curve has a few hundred points, the first and the last round among them."""
    expected = np.linspace(0, 1, 12_345)
    curve = Curve.of(expected, np.ones(12_345), np.zeros(12_345))
    assert len(curve.round) == POINTS
    assert curve.round[[0, -1]].tolist() == [1, 12_345]
    at = curve.round.astype(int)
    np.testing.assert_allclose(curve.expected, [expected[:n].sum() for n in at])
    np.testing.assert_allclose(curve.regret, at - curve.expected)


def test_means_over_seeds_are_paired(seasons: list[Season]) -> None:
    """Policies differ much less than seeds do, and the lead says so."""
    first, second = standings(seasons, level=0.95)
    assert (first.policy, second.policy) == ("a", "b")
    assert first.reward.value == pytest.approx(0.4)
    assert second.regret.value == pytest.approx(5.0)
    assert second.share.value == pytest.approx(0.5)
    assert first.lead is None
    assert second.lead is not None
    assert (second.lead.low, second.lead.high) == pytest.approx((0.1, 0.1))
    assert second.reward.low is not None
    assert second.reward.low < 0.4


def test_intervals_over_seeds_are_students() -> None:
    """The interval is that of the one-sample t test; one seed has none."""
    values = [0.2, 0.5, 0.3, 0.9]
    mean = SeedMean.of(values, level=0.9)
    wanted = ttest_1samp(values, 0.0).confidence_interval(0.9)
    assert (mean.low, mean.high) == pytest.approx((wanted.low, wanted.high))
    assert SeedMean.of([0.4], level=0.9) == SeedMean(0.4, None, None)


def test_worlds_are_kept_apart(seasons: list[Season]) -> None:
    """The lead is over the first policy of the same world."""
    other = [season(policy, 1, np.full(10, level), world="v") for policy, level in (("b", 0.9), ("a", 0.2))]
    found = standings([*seasons, *other], level=0.95)
    assert [(one.world, one.policy) for one in found] == [("w", "a"), ("w", "b"), ("v", "b"), ("v", "a")]
    assert found[2].lead is None
    assert found[3].lead is not None
    assert found[3].lead.value == pytest.approx(-0.7)


def test_table_and_json_say_the_same(seasons: list[Season]) -> None:
    """A row for every policy; JSON has the same numbers with all digits, and the curve."""
    found = standings(seasons, level=0.95)
    columns, rows = table(found)
    assert all(len(row) == len(columns) for row in rows)
    assert rows[1] == ["w", "b", "0.5", "0.2516 to 0.7484", "50.0%", "5.0", "+0.1 (+0.1 to +0.1)"]
    given = as_json(found, level=0.95)["results"][1]
    assert given["reward"] == {
        "value": found[1].reward.value,
        "low": found[1].reward.low,
        "high": found[1].reward.high,
    }
    assert given["seeds"] == [1, 2, 3]
    assert given["curve"]["expected"] == pytest.approx([0.5 * n for n in range(1, 11)])
    assert set(MEANS) <= set(given)


def test_notes_tell_of_rounds_seeds_and_the_holdout() -> None:
    """What the table does not say stands below it: one seed has no interval, a holdout earned so much."""
    lone = standings([season("a", 1, np.full(10, 0.5), held=4)], level=0.9)
    said = "\n".join(notes(lone, level=0.9))
    assert "w: 10 rounds, 1 seed, so no interval: see --seeds" in said
    assert "the best page would earn 1 a round" in said
    assert "w: the uniform holdout earned 0.25 a slot" in said
    assert "90%" in said
    assert table(lone)[1][0][3] == ""
