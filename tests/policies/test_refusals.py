# SPDX-License-Identifier: Apache-2.0
"""What every kind of policy refuses, made from its own settings: the field is named, and what is allowed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import msgspec
import numpy as np
import pytest
from msgspec import inspect

from policies import POLICIES, Contributions, InvalidInput, InvalidSetting, build

Learn = Callable[..., Contributions]
COLUMNS = ("x", "weight", "change", "reward", "propensity", "day", "note")
# Written down here once more, so that bounds that get lost in the settings are missed.
KNOWN_BAD: list[tuple[str, str, object]] = [
    *((kind, "alpha", -0.1) for kind in ("linucb", "linucb_hybrid", "linucb_shared", "ucb1")),
    *(
        (kind, "l2", 0)
        for kind in ("linucb", "linucb_hybrid", "linucb_shared", "thompson", "thompson_shared")
    ),
    ("logistic_thompson", "l2", 0.0),
    ("thompson", "v", -1),
    ("thompson", "prior_mean", 1.5),
    ("linucb", "half_life_days", 0),
    ("linucb", "window_days", -3),
    ("linucb_hybrid", "own", 0),
    ("linucb_hybrid", "shared", 5),
    ("thompson_shared", "draws", 0),
    ("thompson_shared", "draws", 100_001),
    ("beta_thompson", "wins", 0),
    ("beta_thompson", "losses", -1),
    ("beta_thompson", "lowest", 0.5),
    ("popularity", "serve", "worst"),
    ("epsilon_greedy", "epsilon", 1.01),
    ("softmax", "tau", 0),
    ("squarecb", "gamma", 0),
    ("squarecb", "exponent", 2),
    ("challenger", "share", 0.6),
    ("challenger", "alpha", 0),
    ("ramp", "views", 0),
    ("ramp", "first", -0.5),
]


def options(kind: inspect.Type) -> tuple[inspect.Type, ...]:
    """The types that a setting may have."""
    return kind.types if isinstance(kind, inspect.UnionType) else (kind,)


def bad_values(kind: inspect.Type) -> Iterator[object]:
    """Values that a setting of this type must not take."""
    wanted = options(kind)
    yield [1]
    if not any(isinstance(each, inspect.NoneType) for each in wanted):
        yield None
    for each in wanted:
        match each:
            case inspect.FloatType() | inspect.IntType():
                yield from ("1", True, math.nan, math.inf, -math.inf, {"kind": "linucb"})
                low = each.ge if each.ge is not None else each.gt
                high = each.le if each.le is not None else each.lt
                yield from () if low is None else (low - 1,)
                yield from () if each.gt is None else (each.gt,)
                yield from () if high is None else (high + 1,)
                yield from () if each.lt is None else (each.lt,)
                yield from (1.5,) if isinstance(each, inspect.IntType) else ()
            case inspect.LiteralType() | inspect.DictType():
                yield from ("nonsense", 1, True)
            case inspect.StrType():
                yield from (1, True, {})
            case inspect.BoolType():
                yield from (1, "true")


def settings_of(kind: str) -> list[tuple[str, inspect.Type]]:
    """The settings of a kind, with their types."""
    fields = msgspec.structs.fields(POLICIES[kind].Settings)
    return [(field.name, inspect.type_info(field.type)) for field in fields]


ALL = [(kind, name, type_) for kind in sorted(POLICIES) for name, type_ in settings_of(kind)]
INNER = [(kind, name) for kind, name, type_ in ALL if isinstance(type_, inspect.DictType)]


@pytest.mark.parametrize(("kind", "name", "type_"), ALL, ids=[f"{kind}-{name}" for kind, name, _ in ALL])
def test_a_bad_setting_is_named_with_what_is_allowed(kind: str, name: str, type_: inspect.Type) -> None:
    """Wrong types, numbers that are not finite and numbers just out of range, for every setting there is."""
    for value in bad_values(type_):
        with pytest.raises(InvalidSetting, match=f"^{name}: got .*; allowed .") as refused:
            build({"kind": kind, name: value}, dimension=4)
        assert (refused.value.field, refused.value.got) == (name, value) or value != value


@pytest.mark.parametrize(("kind", "name", "value"), KNOWN_BAD)
def test_settings_that_make_no_sense_are_refused(kind: str, name: str, value: object) -> None:
    """A negative bonus, a ridge of 0, a share above one: a list that does not come from the settings."""
    with pytest.raises(InvalidSetting, match="; allowed ") as refused:
        build({"kind": kind, name: value}, dimension=4)
    assert refused.value.field == name


@pytest.mark.parametrize(
    ("spec", "where"),
    [
        ({"kind": "nonsense"}, "kind"),
        ({}, "kind"),
        ({"kind": "linucb", "alpha": -1}, "alpha"),
        ({"kind": "softmax", "scorer": {"kind": "thompson", "v": "big"}}, "scorer.v"),
    ],
)
@pytest.mark.parametrize(("kind", "name"), INNER)
def test_a_policy_inside_a_policy_is_checked_as_well(
    kind: str, name: str, spec: dict[str, Any], where: str
) -> None:
    """What is wrong in an inner policy is named by its full path."""
    with pytest.raises(InvalidSetting) as refused:
        build({"kind": kind, name: spec}, dimension=4)
    assert refused.value.field == f"{name}.{where}"


@pytest.mark.parametrize(("kind", "name", "type_"), ALL, ids=[f"{kind}-{name}" for kind, name, _ in ALL])
def test_a_setting_is_what_was_said(kind: str, name: str, type_: inspect.Type) -> None:
    """A number within the bounds is taken as it is, and no other setting changes."""
    for each in options(type_):
        if isinstance(each, inspect.FloatType | inspect.IntType):
            low = each.ge if each.ge is not None else each.gt if each.gt is not None else 0
            high = each.le if each.le is not None else each.lt if each.lt is not None else low + 6
            value = min(low + 2, 4) if isinstance(each, inspect.IntType) else (low + high) / 2
            policy: Any = build({"kind": kind, name: value}, dimension=4)
            assert policy.settings == msgspec.structs.replace(POLICIES[kind].Settings(), **{name: value})


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("kind", sorted(POLICIES))
def test_bad_columns_change_nothing(kind: str, column: str, evidence: Learn) -> None:
    """A column of the wrong length, or with a number that is not finite, is named and nothing is learned."""
    policy = build({"kind": kind}, dimension=4)
    good = replace(evidence(20), note=np.zeros(20))
    policy.update(good)
    before = policy.dump()
    bad = [replace(good, **{column: getattr(good, column)[:-1]})]
    if column != "day":
        spoilt = getattr(good, column).copy()
        spoilt.flat[-1] = np.nan
        bad.append(replace(good, **{column: spoilt}))
    for each in bad:
        with pytest.raises(InvalidInput, match=f"^{column}: got ") as refused:
            policy.update(each)
        assert refused.value.field == column
        assert policy.dump() == before


@pytest.mark.parametrize("kind", sorted(POLICIES))
def test_vectors_of_the_wrong_length_teach_nothing(kind: str, evidence: Learn) -> None:
    """Contributions over more or fewer features than the policy has are refused."""
    policy = build({"kind": kind}, dimension=4)
    before = policy.dump()
    for dimension in (3, 5):
        with pytest.raises(InvalidInput, match=r"^x: got .*; allowed shape \(20, 4\)"):
            policy.update(evidence(20, dimension=dimension))
    assert policy.dump() == before
