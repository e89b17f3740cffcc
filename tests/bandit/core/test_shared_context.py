# SPDX-License-Identifier: Apache-2.0
"""The encoder for contexts that are mostly shared: to the byte what the plain one makes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.core.catalogue import parse_placement
from bandit.core.features import Encoder
from bandit.core.schema import FieldSpec, resolve
from bandit.core.shared_context import SharedContext, SharingEncoder

DECLARED = {
    "weather.temp_c": FieldSpec(kind="number", range=(-30.0, 45.0)),
    "weather.condition": FieldSpec(kind="category", levels=("snow", "rain")),
    "place.city": FieldSpec(kind="category"),
}
FIELDS: dict[str, Any] = {
    "age": {"kind": "number", "range": [0, 100]},
    "weather.condition": None,
    "page": {"levels": ["news", "sport"]},
    "weather.temp_c": None,
}
SCHEMAS = {"hashed": {}, "narrow": {"dimension": 5}, "declared": {"fields": FIELDS}}

scalars = st.one_of(st.booleans(), st.floats(-1e3, 1e3), st.sampled_from(["news", "sport", "x", ""]))
own_parts = st.dictionaries(st.sampled_from(["age", "page", "mood", "weather.wind"]), scalars)
shared_parts = st.fixed_dictionaries(
    {},
    optional={
        "weather.temp_c": st.floats(-99, 99),
        "weather.condition": st.sampled_from(["snow", "rain", "frogs"]),
        "place.city": st.sampled_from(["rome", "lima"]),
    },
)


def encoders(features: dict[str, Any]) -> tuple[Encoder, SharingEncoder]:
    """The plain encoder and the one under test, for a schema."""
    schema = resolve(parse_placement({"features": features}).features, DECLARED)
    return Encoder(schema, DECLARED), SharingEncoder(schema, DECLARED)


@pytest.mark.parametrize("features", SCHEMAS.values(), ids=SCHEMAS)
@given(requests=st.lists(st.tuples(own_parts, shared_parts), min_size=1, max_size=4))
def test_vectors_and_what_is_logged_are_the_same(features: dict[str, Any], requests: list[Any]) -> None:
    """For any requests, twice over, rows are equal to the byte and so is what may be logged."""
    plain, sharing = encoders(features)
    known = [SharedContext(own, shared) for own, shared in requests]
    for _ in range(2):
        assert sharing.encode(known).tobytes() == plain.encode([dict(each) for each in known]).tobytes()
        assert [sharing.declared(each) for each in known] == [plain.declared(dict(each)) for each in known]


@pytest.mark.parametrize("features", SCHEMAS.values(), ids=SCHEMAS)
def test_a_caller_that_poses_as_an_adapter_is_encoded_as_one(features: dict[str, Any]) -> None:
    """Where both say something of a field, the caller's word is what is known, encoded and logged."""
    plain, sharing = encoders(features)
    known = SharedContext({"weather.condition": "rain"}, {"weather.condition": "snow"})
    assert known["weather.condition"] == "rain"
    assert np.array_equal(sharing.encode([known]), plain.encode([{"weather.condition": "rain"}]))
    assert sharing.declared(known) == {"weather.condition": "rain"}


@pytest.mark.parametrize("features", SCHEMAS.values(), ids=SCHEMAS)
def test_plain_requests_are_taken_too(features: dict[str, Any]) -> None:
    """A mapping that is not split is encoded as ever, alone and beside others."""
    plain, sharing = encoders(features)
    mixed: list[dict[str, Any]] = [{"age": 3.0}, SharedContext({"age": 4.0}, {"place.city": "rome"})]
    assert np.array_equal(sharing.encode(mixed), plain.encode(mixed))


def test_a_part_is_gone_through_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many requests share a part, its fields are looked at once."""
    _, sharing = encoders({})
    looked: list[str] = []
    cell = sharing._cell
    monkeypatch.setattr(sharing, "_cell", lambda name, value: looked.append(name) or cell(name, value))
    shared: dict[str, Any] = {"weather.temp_c": 3.0, "place.city": "rome"}
    for number in range(5):
        sharing.encode([SharedContext({"age": float(number)}, shared)])
    assert sorted(looked) == ["age"] * 5 + ["place.city", "weather.temp_c"]
