# SPDX-License-Identifier: Apache-2.0
"""Click models: what they expect is what they draw, and the oracle's page is the best there is."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.worlds.clicks import Cascade, Clicks, EverySlot, PositionBased
from simulator.worlds.protocol import Episode
from simulator.worlds.spot import plain_arms, spot

MODELS: list[Clicks] = [EverySlot(), PositionBased((1.0, 0.6, 0.3)), Cascade(), Cascade(stay=0.7)]
RATES = st.lists(st.floats(0, 1), min_size=3, max_size=5)


def one_round(rates: list[float], clicks: Clicks) -> Episode:
    """An episode of one visitor."""
    row = np.array([rates])
    return Episode(
        placement=spot(plain_arms(len(rates)), features=0, spread=1.0, slots=3),
        at=np.zeros(1),
        known=[{}],
        rates=row,
        luck=np.zeros(row.shape),
        looks=np.zeros((1, 3)),
        clicks=clicks,
    )


@pytest.mark.parametrize("clicks", MODELS, ids=repr)
@given(rates=RATES)
def test_no_page_beats_the_oracle(clicks: Clicks, rates: list[float]) -> None:
    """Trying every page in every order finds none that is expected to earn more."""
    episode = one_round(rates, clicks)
    columns = list(range(len(rates)))
    best = episode.expected(0, episode.best(0, columns, slots=3))
    assert best == pytest.approx(max(episode.expected(0, page) for page in permutations(columns, 3)))


@pytest.mark.parametrize("clicks", MODELS, ids=repr)
def test_draws_follow_the_expectation(clicks: Clicks) -> None:
    """40,000 drawn pages click each slot as often as expected, within four deviations."""
    g, rates, n = np.random.default_rng(6), np.array([0.3, 0.5, 0.2]), 40_000
    liked, looks = g.random((n, 3)) < rates, g.random((n, 3))
    seen = np.mean([clicks.drawn(liked[i], looks[i]) for i in range(n)], axis=0)
    expected = clicks.expected(rates)
    assert (np.abs(seen - expected) <= 4 * np.sqrt(expected * (1 - expected) / n)).all()


def test_cascade_stops_at_the_first_click() -> None:
    """Nobody clicks twice, and nobody who left clicks at all."""
    liked, looks = np.array([False, True, True]), np.array([0.0, 0.0, 0.0])
    assert Cascade().drawn(liked, looks).tolist() == [False, True, False]
    assert Cascade(stay=0.5).drawn(liked, np.array([0.5, 0.0, 0.0])).tolist() == [False, False, False]


def test_short_pages_are_pages() -> None:
    """Models take pages of fewer slots than they know, down to none."""
    for clicks in MODELS:
        for size in (0, 1, 2):
            rates = np.full(size, 0.5)
            assert clicks.expected(rates).shape == (size,)
            assert clicks.drawn(rates > 0, rates).shape == (size,)
