# SPDX-License-Identifier: Apache-2.0
"""What is particular to each world really happens in it."""

from __future__ import annotations

import numpy as np
import pytest

from bandit.core.eligibility import Roster
from bandit.errors import Invalid
from simulator.worlds.headlines import HeadlineTest, figures, spread_by_arms
from simulator.worlds.logistic import BASE
from simulator.worlds.protocol import DAY_S, Episode
from simulator.worlds.table import build_world


def eligible(episode: Episode, round_: int) -> set[str]:
    """The arms that may be shown in a round."""
    roster = Roster(episode.placement.arms)
    standing = roster.eligible(at=float(episode.at[round_]), known={}, exclude=frozenset(), shown={})
    return {name for name, may in zip(roster.names, standing.mask, strict=True) if may}


@pytest.mark.parametrize(("turns", "sign"), [(0.5, -1), (0, 1), (3, 1)])
def test_tastes_swing(turns: float, sign: int) -> None:
    """In a drifting world what visitors like is reversed after half a turn, and back after whole ones."""
    episode = build_world(f"drifting:turns={turns},features=1,arms=4").episode(seed=2, rounds=4_000)
    x = np.array([visitor["visitor.x0"] for visitor in episode.known], dtype=np.float64)
    liking = (np.log(episode.rates / (1 - episode.rates)) - BASE) / x[:, None]
    np.testing.assert_allclose(liking[-1], sign * liking[0], atol=0.02)
    assert np.abs(liking[0]).max() > 0.5


def test_conversions_come_later() -> None:
    """In a delayed world rewards come `lag` rounds later on average."""
    episode = build_world("delayed:lag=50,days=10").episode(seed=3, rounds=5_000)
    assert episode.waits is not None
    assert episode.waits.mean() / (10 * DAY_S / 5_000) == pytest.approx(50, rel=0.1)


def test_arms_arrive_and_leave() -> None:
    """As many arms as wanted are there in each round, and none for longer than its life."""
    episode = build_world("cold_start:arms=5,life=100").episode(seed=4, rounds=1_000)
    there = [eligible(episode, round_) for round_ in range(1_000)]
    assert {len(names) for names in there} == {5}
    stays = {name: sum(name in names for names in there) for name in episode.placement.arms}
    assert max(stays.values()) == 100
    assert len(set().union(*there)) >= 50
    assert there[0].isdisjoint(there[-1])


def test_arms_of_a_kind_please_alike() -> None:
    """What the catalogue says of an arm tells what visitors will make of it."""
    episode = build_world("cold_start:arms=20,life=200").episode(seed=5, rounds=2_000)
    kinds = [str(arm.features["kind"]) for arm in episode.placement.arms.values()]
    alike = np.asarray(np.corrcoef(episode.rates, rowvar=False)).reshape(len(kinds), -1)
    same = np.array([[a == b for b in kinds] for a in kinds]) & ~np.eye(len(kinds), dtype=bool)
    assert alike[same].mean() > 0.5
    assert abs(alike[~same & ~np.eye(len(kinds), dtype=bool)].mean()) < 0.3


def test_headlines_of_one_test_are_there_together() -> None:
    """Tests follow each other: a round shows headlines of one test only, at their real rates."""
    episode = build_world("headlines:tests=3").episode(seed=6, rounds=900)
    for round_ in (0, 299, 300, 899):
        (number,) = {name.split("-")[1] for name in eligible(episode, round_)}
        assert number == str(round_ // 300)
    assert 0.0005 < episode.rates.mean() < 0.08
    assert (episode.rates == episode.rates[0]).all()
    with pytest.raises(Invalid, match="rounds: got 2; allowed at least one a test, 3"):
        build_world("headlines:tests=3").episode(seed=6, rounds=2)


def test_headline_figures_are_those_of_real_tests() -> None:
    """The table holds hundreds of tests with two to fourteen arms and rates around one per cent."""
    counts = [len(test.rates) for test in figures()]
    assert len(counts) == 378
    assert (min(counts), float(np.median(counts))) == (2, 4.5)
    assert float(np.median(np.concatenate([test.rates for test in figures()]))) == pytest.approx(
        0.011, abs=0.002
    )


def test_chance_is_taken_out_of_measured_rates() -> None:
    """Where arms differ by chance alone hardly any true spread is found, and where they differ it is."""
    g = np.random.default_rng(7)
    alike = [HeadlineTest(3_000, g.binomial(3_000, 0.02, size=4) / 3_000) for _ in range(400)]
    apart = [
        HeadlineTest(3_000, g.binomial(3_000, 0.02 * np.exp(0.3 * g.normal(size=4))) / 3_000)
        for _ in range(400)
    ]
    assert spread_by_arms(alike) < 0.35
    expected = 0.3 / np.hypot(0.3, np.sqrt(0.98 / 0.02 / 3_000))
    assert spread_by_arms(apart) == pytest.approx(expected, abs=0.05)


def test_noise_turns_rewards_round() -> None:
    """In a world of labels the right arm earns one minus the noise, any other the noise."""
    episode = build_world("digits:noise=0.1").episode(seed=8, rounds=200)
    assert np.unique(episode.rates).tolist() == pytest.approx([0.1, 0.9])
    assert (episode.rates.max(axis=1) == episode.rates.max()).all()


def test_placements_may_be_told_how_pages_are_read() -> None:
    """A told world hands its truth to the placement, as far as placements take it; others keep it."""
    told = build_world("position_biased:told=true,decay=0.1").episode(seed=9, rounds=2).placement
    assert told.examination == pytest.approx((1.0, 0.1, 0.01, 0.01))
    assert build_world("position_biased").episode(seed=9, rounds=2).placement.examination is None
    assert build_world("cascade:told=true").episode(seed=9, rounds=2).placement.cascade
    assert not build_world("cascade").episode(seed=9, rounds=2).placement.cascade


@pytest.mark.parametrize("world", ["drifting:turns=0", "delayed", "position_biased", "cascade"])
def test_a_seed_has_its_tastes_for_any_number_of_rounds(world: str) -> None:
    """A longer episode of the same seed begins with the same visitors, who like the same arms."""
    short, long = (build_world(world).episode(seed=10, rounds=rounds) for rounds in (40, 90))
    assert list(short.known) == list(long.known[:40])
    np.testing.assert_allclose(short.rates, long.rates[:40])
