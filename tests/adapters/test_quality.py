# SPDX-License-Identifier: Apache-2.0
"""Quality: how often fields were not as they should be, and whether they have moved."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import Field
from adapters.quality import MOST_LEVELS, FieldQuality, QualityReport
from adapters.stability import moved_limit, stability_index

TEMPERATURE = Field(name="temp_c", kind="number", low=-30.0, high=45.0, unit="°C")
CITY = Field(name="city", kind="category")
DECLARED = {"weather.temp_c": TEMPERATURE, "location.city": CITY}
counts = st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 1000), min_size=1)


def one(report: QualityReport, name: str, *, day: int) -> FieldQuality:
    """The quality of one field."""
    return next(quality for quality in report.fields(day=day) if quality.field == name)


def filled(report: QualityReport, *, days: range, mean: float, seed: int = 7, city: str = "rome") -> None:
    """Add a hundred requests a day with temperatures around a mean."""
    chance = random.Random(seed)
    for day in days:
        for _ in range(100):
            values: dict[str, str | float] = {"weather.temp_c": chance.gauss(mean, 5), "location.city": city}
            report.add(values, {"weather.temp_c": "known", "location.city": "known"}, day=day)


@given(past=counts, now=counts)
def test_index_is_never_negative(past: dict[str, int], now: dict[str, int]) -> None:
    """The index is 0 for equal shares, else positive, and symmetric; without data there is none."""
    index = stability_index(past, now)
    if sum(past.values()) == 0 or sum(now.values()) == 0:
        assert index is None
    else:
        assert index is not None
        assert index >= 0
        assert index == pytest.approx(stability_index(now, past))
        assert stability_index(past, past) == 0


def test_index_by_hand() -> None:
    """From halves to a quarter and three quarters the index is 0.25 ln 3, up to the smoothing."""
    assert stability_index({"a": 5000, "b": 5000}, {"a": 2500, "b": 7500}) == pytest.approx(0.2747, abs=1e-3)


def test_chance_raises_no_alarm() -> None:
    """Of two hundred fields with sixty levels that have not moved, drawn anew, none is called moved."""
    chance, alarms = random.Random(1), 0
    for _ in range(200):
        past, now = (Counter(str(chance.randrange(60)) for _ in range(300)) for _ in range(2))
        index, limit = stability_index(past, now), moved_limit(past, now)
        assert index is not None
        assert limit is not None
        alarms += index > limit
    assert alarms == 0


def test_statuses_are_shares() -> None:
    """Missing, stale, out of range and without consent are counted apart."""
    report = QualityReport(DECLARED)
    for status in ("known", "known", "stale", "missing", "missing", "missing", "out_of_range", "no_consent"):
        report.add({}, {"weather.temp_c": status}, day=100)
    found = one(report, "weather.temp_c", day=100)
    shares = (found.requests, found.missing, found.stale, found.out_of_range, found.no_consent)
    assert shares == (8, 3 / 8, 1 / 8, 1 / 8, 1 / 8)
    assert one(report, "location.city", day=100).missing == 1.0


@pytest.mark.parametrize(("mean", "moved"), [(10.0, False), (20.0, True)])
def test_a_field_that_has_moved(mean: float, moved: bool) -> None:
    """A week that is ten degrees warmer than the month before is a move, an equal one is none."""
    report = QualityReport(DECLARED)
    filled(report, days=range(100, 128), mean=10.0)
    filled(report, days=range(128, 135), mean=mean, seed=8)
    found = one(report, "weather.temp_c", day=134)
    assert (found.moved, found.index is not None) == (moved, True)


def test_never_seen_values() -> None:
    """Values that the weeks before did not have are never seen."""
    report = QualityReport(DECLARED)
    filled(report, days=range(100, 128), mean=10.0)
    filled(report, days=range(128, 135), mean=10.0, city="atlantis")
    assert one(report, "location.city", day=134).never_seen == 1.0
    assert one(report, "weather.temp_c", day=134).never_seen == 0.0


def test_little_data_says_nothing() -> None:
    """Without enough of a past there is no index and no warning."""
    report = QualityReport(DECLARED)
    filled(report, days=range(134, 135), mean=10.0)
    found = one(report, "weather.temp_c", day=134)
    assert (found.index, found.moved, found.never_seen) == (None, False, 0.0)


def test_memory_is_bounded() -> None:
    """Endless levels and days keep only so many counters."""
    report = QualityReport(DECLARED)
    for number in range(2000):
        report.add({"location.city": f"city {number}"}, {"location.city": "known"}, day=number // 20)
    days = report._days["location.city"]
    assert len(days) <= 35
    assert all(len(day.values) <= MOST_LEVELS + 1 for day in days.values())


def test_sampling() -> None:
    """Told to look at one request in ten, it looks at one in ten."""
    report = QualityReport(DECLARED, every=10)
    for _ in range(100):
        report.add({}, {}, day=1)
    assert one(report, "location.city", day=1).requests == 10
    with pytest.raises(ValueError, match="every: got 0; allowed 1 or more"):
        QualityReport(DECLARED, every=0)
