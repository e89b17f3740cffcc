# SPDX-License-Identifier: Apache-2.0
"""Providers and sources read whatever JSON comes: a usable value or a refusal, never another error."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.trend_sources import Mastodon, Wikimedia
from adapters.weather_providers import CONDITIONS, PROVIDERS
from adapters.weather_providers.observation import PLAUSIBLE

WORDS = (
    "current", "current_units", "temperature_2m", "weather_code", "interval", "precipitation", "cod", "main",
    "temp", "weather", "id", "rain", "1h", "properties", "timeseries", "time", "data", "instant", "details",
    "air_temperature", "relative_humidity", "wind_speed", "next_1_hours", "summary", "symbol_code",
    "items", "articles", "article", "views", "name", "history", "uses",
)  # fmt: skip
leaves = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["200", "°C", "rain"])
)
answers = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=25,
)


@pytest.mark.parametrize("name", PROVIDERS)
@given(data=answers)
def test_weather_providers(name: str, data: Any) -> None:
    """A provider gives numbers within what is plausible and a condition of the vocabulary, or ValueError."""
    try:
        seen = PROVIDERS[name]().read(data, now=0.0)
    except ValueError:
        return
    assert seen.condition in CONDITIONS
    for number, (low, high) in PLAUSIBLE.items():
        value = getattr(seen, number)
        assert value is None or low <= value <= high


@given(change=answers, where=st.integers(0, 40))
@pytest.mark.parametrize("name", PROVIDERS)
def test_damaged_weather(name: str, change: Any, where: int, documented: dict[str, Any]) -> None:
    """A documented answer with one part replaced by anything is read or refused."""
    data = replaced(documented[name], change, [where])
    try:
        seen = PROVIDERS[name]().read(data, now=0.0)
    except ValueError:
        return
    assert seen.temp_c is None or -90 <= seen.temp_c <= 60


@given(data=answers)
def test_trend_sources(data: Any) -> None:
    """A source gives weights from 0 to 1, or ValueError."""
    for source in (Wikimedia(url="", project="en.wikipedia"), Mastodon(url="https://m.example")):
        try:
            topics = source.read(data)
        except ValueError:
            continue
        assert topics
        assert all(0 <= weight <= 1 for weight in topics.values())


def replaced(data: Any, change: Any, left: list[int]) -> Any:
    """The data with its n-th part, counted in depth, replaced."""
    left[0] -= 1
    if left[0] < 0:
        left[0] = 1 << 30
        return change
    if isinstance(data, dict):
        return {key: replaced(value, change, left) for key, value in data.items()}
    if isinstance(data, list):
        return [replaced(value, change, left) for value in data]
    return data
