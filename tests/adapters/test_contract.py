# SPDX-License-Identifier: Apache-2.0
"""What every adapter in the table promises, whatever a caller sends."""

from __future__ import annotations

import asyncio
import math
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import ADAPTERS, Adapter, build

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KEYS = (
    "user_agent", "client_hints", "Sec-CH-UA", "sec-ch-ua-mobile", "time_zone", "latitude", "longitude",
    "country", "region", "city", "ip", "tags",
)  # fmt: skip
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(), max_size=40),
    st.sampled_from(
        ["Europe/Paris", "America", "../../etc/passwd", "?1", '"Tablet"', "81.2.69.160", "::1", "US"]
    ),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
)
times = st.datetimes(timezones=st.just(UTC))


@pytest.fixture(scope="module", params=ADAPTERS)
def adapter(request: pytest.FixtureRequest) -> Adapter:
    """Each adapter of the table with its default settings."""
    return build([request.param])[0]


def well_formed(adapter: Adapter, known: object) -> bool:
    """Whether each value is one that its declared field allows."""
    fields = {field.name: field for field in adapter.fields}
    for name, value in dict(known).items():  # type: ignore[call-overload]
        field = fields[name]
        if field.kind == "number":
            good = isinstance(value, float) and math.isfinite(value) and field.low <= value <= field.high
        else:
            good = value in field.levels if field.levels else isinstance(value, str) and 0 < len(value) <= 64
        if not good:
            return False
    return True


def test_declares_itself(adapter: Adapter) -> None:
    """An adapter's name is its key in the table; its fields are named once and have levels or a range."""
    names = [field.name for field in adapter.fields]
    assert ADAPTERS[adapter.name] is type(adapter)
    assert len(set(names)) == len(names) > 0
    for field in adapter.fields:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", field.name)
        assert field.low < field.high
        assert len(set(field.levels)) == len(field.levels)
        assert field.kind == "category" or (field.unit and not field.levels)


@given(data=st.data(), at=times)
def test_any_input_gives_declared_values(adapter: Adapter, data: st.DataObject, at: datetime) -> None:
    """Whatever JSON stands where an adapter reads, it never raises and answers within its declaration."""
    request = data.draw(st.dictionaries(st.sampled_from([*adapter.inputs, "page"]), values, max_size=4))
    assert well_formed(adapter, adapter.features(request, at=at))


@given(data=st.data())
def test_same_question_same_answer(adapter: Adapter, data: st.DataObject) -> None:
    """Asked twice, memo cold and warm, an adapter answers the same."""
    request = data.draw(st.dictionaries(st.sampled_from([*adapter.inputs, "page"]), values, max_size=4))
    first = dict(adapter.features(request, at=AT))
    assert dict(adapter.features(request, at=AT)) == first


def test_reads_only_its_inputs(adapter: Adapter) -> None:
    """A request without the declared inputs gives what the empty request gives."""
    full = {
        "device": {"user_agent": "curl/8.5.0"},
        "location": {"time_zone": "Asia/Tokyo", "country": "JP", "latitude": 35.7, "longitude": 139.7},
        "time_zone": "Asia/Tokyo",
        "page": {"section": "news"},
    }
    rest = {key: value for key, value in full.items() if key not in adapter.inputs}
    assert adapter.features(rest, at=AT) == adapter.features({}, at=AT)


def test_missing_fields_have_a_reason(adapter: Adapter) -> None:
    """Where fields are left out an adapter says why, in one line."""
    left_out = len(adapter.features({}, at=AT)) < len(adapter.fields)
    reason = adapter.why_missing({}, at=AT)
    assert bool(reason) == left_out
    assert "\n" not in reason


def test_answer_cannot_spoil_the_memo(adapter: Adapter) -> None:
    """Nobody can write to what an adapter answers."""
    with pytest.raises(TypeError):
        adapter.features({}, at=AT)["planted"] = "x"  # type: ignore[index]


def test_refresh_returns(adapter: Adapter) -> None:
    """With nothing asked and nothing configured a refresh has nothing to do."""
    asyncio.run(adapter.refresh())
    assert adapter.features({}, at=AT) == adapter.features({}, at=AT)


def test_one_purpose_per_input() -> None:
    """All adapters that read one key of a request agree on the purpose that it serves."""
    purposes: dict[str, str] = {}
    for kind in ADAPTERS.values():
        for key, purpose in kind.inputs.items():
            assert purposes.setdefault(key, purpose) == purpose
