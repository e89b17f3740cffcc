# SPDX-License-Identifier: Apache-2.0
"""Feature vectors: quantised, clipped, the same on every machine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.core.features import (
    LIMIT,
    UNIT,
    Encoder,
    hashed,
    level_of,
    quantise,
    read_numbers,
    resolve,
    vector,
)
from bandit.core.schema import FeatureSchema, FieldSpec
from bandit.core.shared_context import SharedContext, SharingEncoder
from bandit.core.values import Scalar, Value, number_of
from bandit.errors import Invalid

DECLARED = {
    "device.form": FieldSpec(levels=("phone", "desktop")),
    "weather.temp_c": FieldSpec(kind="number", range=(-20.0, 40.0)),
}
FIELDS: dict[str, FieldSpec | None] = {**DECLARED, "vip": FieldSpec(levels=("true", "false"))}
OWN = Encoder(FeatureSchema(fields=FIELDS), {})
HASHED = Encoder(FeatureSchema(dimension=16), DECLARED)


def encoded(encoder: Encoder, known: Mapping[str, Value]) -> list[float]:
    """The vector of one request, as it comes back from an event."""
    found: list[float] = vector(encoder.encode([known]).tobytes(), dimension=encoder.dimension)[0].tolist()
    return found


@pytest.mark.parametrize(
    ("value", "counts"),
    [(0.0, 0), (1.0, 1024), (-1.0, -1024), (4.0, 4096), (99.0, 4096), (-1e300, -4096), (1.5 * UNIT, 2)],
)
def test_values_are_clipped_and_quantised(value: float, counts: int) -> None:
    """A value is a whole count of 2^-10 within 4; ties go to the even count."""
    assert quantise(value) == counts


@pytest.mark.parametrize(
    ("name", "level", "dimension", "cell"),
    [
        ("device.form", "phone", 32, (12, -1024)),
        ("device.form", "desktop", 32, (8, -1024)),
        ("page.section", "news", 32, (31, 1024)),
        ("weather.temp_c", "#", 32, (30, 1024)),
        ("weather.temp_c", "?", 1024, (700, -1024)),
        ("größe", "日本", 2, (1, -1024)),
    ],
)
def test_hashing_is_the_same_for_ever(name: str, level: str, dimension: int, cell: tuple[int, int]) -> None:
    """Golden values: logs written years ago, on any machine, hashed to the same columns."""
    assert hashed(name, level, dimension) == cell


@pytest.mark.parametrize(
    ("value", "level"),
    [("x", "x"), (True, "true"), (False, "false"), (7.0, "7"), (7.5, "7.5"), (-0.5, "-0.5")],
)
def test_levels_are_written_as_in_json(value: Scalar, level: str) -> None:
    """A level that people declare is met by the JSON value that they mean."""
    assert level_of(value) == level


@pytest.mark.parametrize(
    ("known", "columns"),
    [
        ({}, {4: 1.0, 6: 1.0, 10: 1.0}),
        ({"device.form": "phone", "weather.temp_c": 10.0, "vip": True}, {1: 1.0, 7: 1.0}),
        ({"device.form": "desktop", "weather.temp_c": 40.0, "vip": False}, {2: 1.0, 5: 1.0, 8: 1.0}),
        ({"device.form": "watch", "weather.temp_c": -99.0, "vip": "?"}, {3: 1.0, 5: -1.0, 9: 1.0}),
        ({"weather.temp_c": "warm", "page": "news"}, {4: 1.0, 6: 1.0, 10: 1.0}),
    ],
)
def test_declared_fields_have_columns_of_their_own(
    known: dict[str, Scalar], columns: dict[int, float]
) -> None:
    """Each level, any other level, the number, and not being known stand apart; other fields do not count."""
    assert OWN.dimension == 11
    assert encoded(OWN, known) == [1.0, *(columns.get(n, 0.0) for n in range(1, 11))]


def test_missing_is_not_zero() -> None:
    """When hashing, a declared field that is not known has a level of its own; an undeclared one has none."""
    column, one = hashed("weather.temp_c", "?", 16)
    without = np.array(encoded(HASHED, {"device.form": "phone", "weather.temp_c": 10.0}))
    missing = np.array(encoded(HASHED, {"device.form": "phone"}))
    assert (missing - without)[column] == one * UNIT
    assert encoded(Encoder(FeatureSchema(dimension=16), {}), {}) == [1.0] + [0.0] * 15


def test_a_declared_range_scales_a_number() -> None:
    """By its range a number lies on [-1, 1]; without one large numbers are squashed to the limit."""
    column, one = hashed("weather.temp_c", "#", 16)
    rest = {"device.form": "phone"}
    cold, mild = (encoded(HASHED, {**rest, "weather.temp_c": value})[column] for value in (-20.0, 10.0))
    assert (mild - cold) * (1 if one > 0 else -1) == 1.0
    free = Encoder(FeatureSchema(dimension=16), {})
    column, _ = hashed("price", "#", 16)
    assert [abs(encoded(free, {"price": value})[column]) for value in (0.0, 1e18)] == [0.0, LIMIT]


SCALARS = st.one_of(st.text(max_size=5), st.floats(-1e18, 1e18), st.booleans())


@given(st.dictionaries(st.sampled_from([*FIELDS, "a", "b", "c"]), SCALARS), st.randoms(use_true_random=False))
def test_vectors_are_exact_and_mind_no_order(known: dict[str, Any], random: Any) -> None:
    """Fields in any order give the same whole counts of 2^-10 within 4, the first of them 1."""
    items = list(known.items())
    random.shuffle(items)
    for encoder in (OWN, HASHED):
        x = encoder.encode([known, dict(items)])
        assert x.dtype == np.dtype("<i2")
        assert np.abs(x).max() <= LIMIT / UNIT
        assert x[0, 0] == 1 / UNIT
        assert (x[0] == x[1]).all()


def test_names_alone_take_the_adapters_declarations() -> None:
    """A schema is resolved into one that stands on its own; what nobody declares is refused by name."""
    schema = FeatureSchema(fields={"device.form": None, "vip": FieldSpec(levels=("true",))})
    assert resolve(schema, DECLARED).fields["device.form"] == DECLARED["device.form"]
    with pytest.raises(Invalid) as caught:
        resolve(FeatureSchema(fields={"device.colour": None}), DECLARED)
    assert caught.value.field == "features.fields.device.colour"
    open_levels = {"location.region": FieldSpec()}
    with pytest.raises(Invalid) as caught:
        resolve(FeatureSchema(fields={"location.region": None}), open_levels)
    assert caught.value.field == "features.fields.location.region.levels"


def test_only_declared_fields_may_be_logged() -> None:
    """The log may hold fields of adapters or of the schema, and nothing else that a caller sends."""
    known = {"device.form": "phone", "vip": "yes", "email": "a@b.c"}
    assert list(HASHED.declared(known)) == ["device.form"]
    assert list(OWN.declared(known)) == ["device.form", "vip"]


def test_the_same_length_is_not_the_same_columns() -> None:
    """Schemas are told apart by the meaning of their columns: order, levels and ranges count."""
    number = FieldSpec(kind="number")
    one = FeatureSchema(fields={"a": number, "b": FieldSpec(kind="number", range=(0, 9))})
    for fields in (
        {"b": FieldSpec(kind="number", range=(0, 9)), "a": number},
        {"a": number, "b": number},
        {"a": number, "c": FieldSpec(kind="number", range=(0, 9))},
    ):
        other = FeatureSchema(fields=dict(fields))
        assert one.length == other.length
        assert not one.same_columns(other)
    assert FeatureSchema(dimension=8).same_columns(FeatureSchema(dimension=8))
    assert not FeatureSchema(dimension=8).same_columns(FeatureSchema(dimension=9))


def test_a_newcomer_is_described_by_its_features_alone(make_stage: Any) -> None:
    """Newcomers of equal features have equal vectors; one without features is told by its name, as others."""
    features = {"kind": "sport", "price": 2.0}
    stage = make_stage(arms={"a": {"features": features}, "b": {"features": features}, "c": {}, "d": {}})
    x = stage.encoder.encode([{"page": "news"}, {"page": "home", "age": 3.0}])
    named = stage.arm_encoder.encode(x)
    new = stage.arm_encoder.encode(x, newcomers=[True, True, True, False])
    assert (named[:, 0] != named[:, 1]).any()
    assert (new[:, 0] == new[:, 1]).all()
    assert (new[:, 2:] == named[:, 2:]).all()
    assert (stage.arm_encoder.encode(x) == named).all()


LISTS = FeatureSchema(
    fields={
        "seg": FieldSpec(levels=("vip", "new", "3"), multiple=True),
        "tier": FieldSpec(levels=("1", "gold", "true")),
        "age": FieldSpec(kind="number", range=(0.0, 100.0)),
    }
)


@pytest.mark.parametrize(
    ("known", "columns"),
    [
        # 1 to 3 the levels of seg, 4 another, 5 not known; 6 to 8 those of tier, 9, 10; 11 age, 12 not known.
        ({"seg": ("3", "vip"), "tier": 1.0, "age": 100.0}, {1: 1.0, 3: 1.0, 6: 1.0, 11: 1.0}),
        ({"seg": ("a", "b", "new"), "tier": True, "age": "75"}, {2: 1.0, 4: 1.0, 8: 1.0, 11: 0.5}),
        ({"seg": (), "tier": ("gold",), "age": ("0",)}, {7: 1.0, 11: -1.0}),
        ({"seg": "vip", "tier": ("1", "gold"), "age": ("1", "2")}, {1: 1.0, 9: 1.0, 12: 1.0}),
        ({"seg": 3.0, "tier": (), "age": True}, {3: 1.0, 10: 1.0, 12: 1.0}),
        ({"age": "7 years"}, {5: 1.0, 10: 1.0, 12: 1.0}),
    ],
)
def test_lists_numbers_and_texts_where_something_else_is_declared(
    known: dict[str, Value], columns: dict[int, float]
) -> None:
    """A list fills a column a level where several are declared; other kinds follow the written rules."""
    expected = [1.0, *(columns.get(n, 0.0) for n in range(1, 13))]
    assert encoded(Encoder(LISTS, {}), known) == expected
    assert encoded(SharingEncoder(LISTS, {}), SharedContext(dict(known), {})) == expected


@given(st.sets(st.text(max_size=4), max_size=6), st.booleans())
def test_the_levels_of_a_list_are_hashed_one_by_one(levels: set[str], shared: bool) -> None:
    """Without a declaration a list adds what each of its levels alone would add, in any order."""
    encoder = SharingEncoder(FeatureSchema(dimension=16), {})
    known: dict[str, Value] = {"seg": tuple(sorted(levels)), "page": "news"}
    found = encoded(encoder, SharedContext(known, {}) if shared else known)
    sketch = encoder.sketch({"page": "news"}) + sum(encoder.sketch({"seg": level}) for level in levels)
    assert found[1:] == [max(-4.0, min(4.0, count * UNIT)) for count in sketch[1:]]
    named = encoder.cells_by_field(known)
    assert [cell for _, cell in named] == encoder.cells(known)
    assert [name for name, _ in named] == ["seg"] * len(levels) + ["page"]


def test_several_levels_are_for_categories() -> None:
    """A number cannot have several levels."""
    with pytest.raises(Invalid, match="multiple: got true for a number; allowed for a category"):
        FieldSpec(kind="number", multiple=True)


def test_texts_become_numbers_where_numbers_are_declared() -> None:
    """What spells a number is one, so that rules, vector and log agree; anything else stays as it is."""
    known: dict[str, Value] = {"age": "42.5", "tier": "1", "seg": ("3",), "else": "7"}
    read_numbers(known, LISTS.fields)
    assert known == {"age": 42.5, "tier": "1", "seg": ("3",), "else": "7"}
    texts = ["1e3", "-0.5", "1e999", "0x10", "+1", "1_000", "٣", " 1", "", "nan", "007"]
    assert [number_of(text) for text in texts] == [1000.0, -0.5, *[None] * 9]
