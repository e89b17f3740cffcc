# SPDX-License-Identifier: Apache-2.0
"""The catalogue refuses every mistake by the full path of its field, and is the same after a round trip."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.core.catalogue import parse_arm, parse_catalogue, parse_placement, plain
from bandit.core.rules import Rule
from bandit.core.state import new_policy
from bandit.errors import Invalid

INFINITY = float("inf")
LOOP: list[Any] = []
LOOP.append(LOOP)


def in_arm(**arm: Any) -> dict[str, Any]:
    """A placement with one arm."""
    return {"arms": {"coats": arm}}


MISTAKES: list[tuple[dict[str, Any], str, str]] = [
    ({"slots": 0}, "slots", "got 0; allowed 1 to 50"),
    ({"slots": "three"}, "slots", "got 'three'; allowed a whole number"),
    ({"slots": True}, "slots", "got True; allowed a whole number"),
    ({"slot": 3}, "slot", "unknown field"),
    ({"floor": 1.5}, "floor", "got 1.5; allowed 0 to 1"),
    ({"holdout": float("nan")}, "holdout", "got nan"),
    ({"slots": 2, "examination": [1]}, "examination", "got 1 numbers; allowed 2, one a slot"),
    ({"examination": [0]}, "examination.0", "got 0; allowed 0.01 to 1"),
    ({"slots": 2, "examination": [1, 1.5]}, "examination.1", "got 1.5; allowed 0.01 to 1"),
    ({"examination": [float("nan")]}, "examination.0", "got nan"),
    ({"examination": ["half"]}, "examination.0", "got 'half'; allowed a number"),
    ({"examination": "guessed"}, "examination", "got 'guessed'; allowed estimated"),
    ({"examination": 0.5}, "examination", "got 0.5; allowed"),
    ({"examination": "estimated", "holdout": 0}, "examination", "without a holdout; allowed with one"),
    (
        {"examination": [1], "reward": {"default": 0.5}},
        "examination",
        "with reward.default 0.5; allowed with 0",
    ),
    ({"cascade": 1}, "cascade", "got 1; allowed true or false"),
    (
        {"cascade": True, "policy": {"kind": "logistic_thompson"}},
        "cascade",
        "allowed false with policy logistic",
    ),
    ({"context": ["device", "device"]}, "context", "allowed each adapter once"),
    ({"policy": {"kind": "magic"}}, "policy.kind", "got 'magic'; allowed"),
    ({"policy": {"kind": "linucb", "alpha": -1}}, "policy.alpha", "got -1; allowed 0 or more"),
    ({"policy": "linucb"}, "policy", "got 'linucb'; allowed a mapping"),
    ({"features": {"dimension": 1}}, "features.dimension", "got 1; allowed 2 to 1024"),
    ({"features": {"fields": {"age": {"kind": "size"}}}}, "features.fields.age.kind", "category, number"),
    (
        {"features": {"fields": {"age": {"levels": ["a", "a"]}}}},
        "features.fields.age.levels",
        "each level once",
    ),
    ({"features": {"fields": {"age": {"levels": []}}}}, "features.fields.age.levels", "one or more"),
    (
        {"features": {"fields": {"age": {"kind": "number", "range": [2, 1]}}}},
        "features.fields.age.range",
        "lower",
    ),
    (
        {"reward": {"events": {"click": 1, "buy": "much"}}},
        "reward.events.buy",
        "got 'much'; allowed a number",
    ),
    (
        {"reward": {"events": {"click": 1e7}}},
        "reward.events.click",
        "got 10000000; allowed -1000000 to 1000000",
    ),
    ({"reward": {"events": {"a b": 1}}}, "reward.events", "got name 'a b'"),
    ({"reward": {"events": {1: 1}}}, "reward.events", "a key that is no text"),
    ({"reward": {"aggregate": "mean"}}, "reward.aggregate", "got 'mean'; allowed"),
    ({"reward": {"clip": [3, 1]}}, "reward.clip", "lower number first"),
    ({"reward": {"clip": [3]}}, "reward.clip", "a list of 2"),
    ({"reward": {"default": 4, "clip": [0, 1]}}, "reward.default", "got 4; allowed within clip"),
    ({"reward": {"wait_s": 60, "late_s": 1}}, "reward.late_s", "got 1; allowed 60 to 31536000"),
    ({"arms": ["coats"]}, "arms", "allowed a mapping of arms by name"),
    ({"arms": {"winter coats": {}}}, "arms", "got name 'winter coats'"),
    ({"arms": {7: {}}}, "arms", "got name 7"),
    ({"arms": {"coats": None}}, "arms.coats", "got null; allowed a mapping"),
    (in_arm(boost=0), "arms.coats.boost", "got 0; allowed 0.001 to 1000"),
    (in_arm(boost=INFINITY), "arms.coats.boost", "got inf"),
    (in_arm(colour="red"), "arms.coats.colour", "unknown field"),
    (in_arm(share={"min": 0.6, "max": 0.5}), "arms.coats.share.min", "allowed at most max, 0.5"),
    (in_arm(share={"max": 0}), "arms.coats.share.max", "allowed 0.001 to 1"),
    (in_arm(cap={"per_user": 0}), "arms.coats.cap.per_user", "got 0; allowed 1 to 1000"),
    (in_arm(cap={"window": "1d"}), "arms.coats.cap.per_user", "it is required"),
    (in_arm(cap={"per_user": 1, "window": "91d"}), "arms.coats.cap.window", "at most 90d"),
    (in_arm(cap={"per_user": 1, "window": "1 day"}), "arms.coats.cap.window", "got '1 day'"),
    (in_arm(features={"price": [1]}), "arms.coats.features.price", "true or false or a number or text"),
    (in_arm(features={"price": 1e19}), "arms.coats.features.price", "got 1e+19"),
    (in_arm(starts_at="tomorrow"), "arms.coats.starts_at", "allowed a time, e.g."),
    (in_arm(starts_at="2026-11-01T00:00:00"), "arms.coats.starts_at", "allowed a time with its zone"),
    (in_arm(starts_at=date(2026, 11, 1)), "arms.coats.starts_at", "allowed a time, e.g."),
    (in_arm(ends_at="0001-01-01T00:00:00+14:00"), "arms.coats.ends_at", "of the years 1970 to 9998"),
    (
        in_arm(starts_at="2026-11-02T00:00:00Z", ends_at="2026-11-02T01:00:00+01:00"),
        "arms.coats.ends_at",
        "allowed after starts_at",
    ),
    (
        in_arm(payload={"when": date(2026, 11, 1)}),
        "arms.coats.payload.when",
        "got datetime.date(2026, 11, 1)",
    ),
    (in_arm(payload={"at": [0.5, INFINITY]}), "arms.coats.payload.at.1", "got inf"),
    (in_arm(payload={1: "one"}), "arms.coats.payload", "got key 1; allowed text"),
    (in_arm(payload=2**70), "arms.coats.payload", "got 1180591620717411303424"),
    (in_arm(eligible={"field": "age", "op": "<"}), "arms.coats.eligible.value", "got null with op '<'"),
    (in_arm(eligible={"all": [{"field": "age"}]}), "arms.coats.eligible.all.0.op", "got nothing"),
    (
        in_arm(eligible={"any": [{"field": "x", "op": "~", "value": 1}]}),
        "arms.coats.eligible.any.0.op",
        "not_in",
    ),
    (in_arm(eligible={"not": {"if": 1}}), "arms.coats.eligible.not.if", "unknown field"),
    (in_arm(eligible={"all": []}), "arms.coats.eligible", "got an empty list of rules"),
]


@pytest.mark.parametrize(("data", "field", "words"), MISTAKES, ids=[f"{m[1]}-{m[2]}" for m in MISTAKES])
def test_a_mistake_is_named_in_full(data: dict[str, Any], field: str, words: str) -> None:
    """A mistake in a catalogue is refused with the path of its field, the value and what is allowed."""
    with pytest.raises(Invalid) as caught:
        parse_catalogue({"placements": {"hero": {**data}}})
    assert caught.value.field == f"placements.hero.{field}"
    assert caught.value.message.startswith(f"placements.hero.{field}: ")
    assert words in caught.value.message


@pytest.mark.parametrize("data", [None, [], "x", {}, {"placement": {}}, {"placements": [], "x": 1}])
def test_something_else_is_no_catalogue(data: object) -> None:
    """A file without the one key that a catalogue has is refused."""
    with pytest.raises(Invalid) as caught:
        parse_catalogue(data)
    assert caught.value.field == "placements"


def test_nesting_without_end_is_refused() -> None:
    """Data that contains itself is refused like any other mistake."""
    deep: dict[str, Any] = {"field": "x", "op": "exists", "value": True}
    for _ in range(5_000):
        deep = {"not": deep}
    with pytest.raises(Invalid):
        parse_arm({"eligible": deep})
    with pytest.raises(Invalid, match="nested deeper"):
        parse_arm({"payload": LOOP})


def test_whole_numbers_serve_as_numbers() -> None:
    """YAML's 1 means the same as 1.0 wherever a number is wanted."""
    arm = parse_arm({"features": {"price": 89}, "eligible": {"field": "age", "op": "in", "value": [1, 2.5]}})
    assert (type(arm.features["price"]), arm.features["price"]) == (float, 89.0)
    assert arm.eligible == Rule(field="age", op="in", value=(1.0, 2.5))


def test_times_are_kept_in_utc() -> None:
    """A time with any offset is the moment that it names."""
    east = timezone(timedelta(hours=2))
    arm = parse_arm({"starts_at": "2026-11-01T02:00:00+02:00", "ends_at": datetime(2026, 11, 2, tzinfo=east)})
    assert plain(arm) == {"starts_at": "2026-11-01T00:00:00Z", "ends_at": "2026-11-01T22:00:00Z"}


def test_order_is_part_of_a_placement() -> None:
    """Placements whose arms stand in another order are equal as mappings but not the same."""
    one = parse_placement({"arms": {"a": {}, "b": {}}})
    other = parse_placement({"arms": {"b": {}, "a": {}}})
    assert one == other
    assert not one.same_as(other)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAMES = st.from_regex(r"[a-z][a-z0-9._:-]{0,8}", fullmatch=True)
NUMBERS = st.floats(-1e6, 1e6)
# no event is too small beside the largest there may be
WORTHS = NUMBERS.filter(lambda worth: worth == 0 or abs(worth) >= 3)
SCALARS = st.one_of(TEXTS, NUMBERS, st.booleans())
TIMES = st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
TESTS = st.one_of(
    st.fixed_dictionaries({"field": NAMES, "op": st.sampled_from(["<", "<=", ">", ">="]), "value": NUMBERS}),
    st.fixed_dictionaries({"field": NAMES, "op": st.sampled_from(["==", "!="]), "value": SCALARS}),
    st.fixed_dictionaries({"field": NAMES, "op": st.just("in"), "value": st.lists(SCALARS, max_size=3)}),
)
RULES = st.recursive(
    TESTS,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)}),
        st.fixed_dictionaries({"not": inner}),
    ),
    max_leaves=6,
)
PAYLOADS = st.recursive(
    st.one_of(st.none(), SCALARS, st.integers(-(2**62), 2**62)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=8,
)
ARMS = st.fixed_dictionaries(
    {},
    optional={
        "features": st.dictionaries(TEXTS, SCALARS, max_size=3),
        "payload": PAYLOADS,
        "starts_at": TIMES,
        "eligible": RULES,
        "boost": st.floats(0.001, 1000),
        "share": st.fixed_dictionaries({"min": st.floats(0, 0.5), "max": st.floats(0.5, 1)}),
        "cap": st.fixed_dictionaries(
            {"per_user": st.integers(1, 9), "window": st.sampled_from(["1d", "90m"])}
        ),
        "paused": st.booleans(),
    },
)
PLACEMENTS = st.fixed_dictionaries(
    {"arms": st.dictionaries(NAMES, ARMS, max_size=4)},
    optional={
        "slots": st.integers(1, 50),
        "policy": st.sampled_from([{"kind": "uniform"}, {"kind": "linucb", "alpha": 1}]),
        "features": st.fixed_dictionaries({"dimension": st.integers(2, 64)}),
        "reward": st.fixed_dictionaries({"events": st.dictionaries(NAMES, WORTHS, max_size=3)}),
        "floor": st.floats(0, 1),
        "holdout": st.floats(0, 1),
    },
)


@given(PLACEMENTS)
def test_the_plain_shape_says_everything(data: dict[str, Any]) -> None:
    """What a placement is written as makes the same placement again."""
    placement = parse_placement(data)
    again = parse_placement(plain(placement))
    assert again.same_as(placement)
    assert plain(again) == plain(placement)


@pytest.mark.parametrize("kind", ["beta_thompson", "logistic_thompson"])
def test_what_counts_as_a_loss_follows_from_the_clip(kind: str) -> None:
    """An arm that visitors hide is a loss where rewards may be negative, and learned as one."""
    reward = {"events": {"click": 1, "hide": -1}, "clip": [-1, 1]}
    placement = parse_placement({"policy": {"kind": kind}, "reward": reward})
    assert new_policy(placement).settings.lowest == -1.0  # type: ignore[attr-defined]
    assert new_policy(parse_placement({"policy": {"kind": kind}})).settings.lowest == 0.0  # type: ignore[attr-defined]
    with pytest.raises(Invalid, match=r"policy\.lowest: got 0\.0; allowed -1, the least reward there can be"):
        parse_placement({"policy": {"kind": kind, "lowest": 0}, "reward": reward})
