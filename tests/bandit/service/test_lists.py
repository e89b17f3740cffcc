# SPDX-License-Identifier: Apache-2.0
"""Lists in the context, from the request to rules, trace, quality and report."""

from __future__ import annotations

from typing import Any

import pytest

from bandit.errors import Invalid

FIELDS = {
    "seg": {"levels": ["vip", "new", "3"], "multiple": True},
    "tier": {"levels": ["1", "2"]},
    "age": {"kind": "number", "range": [0, 100]},
}
ARMS = {
    "vip": {"eligible": {"field": "seg", "op": "contains", "value": "vip"}},
    "three": {"eligible": {"field": "seg", "op": "in", "value": [3, "other"]}},
    "young": {"eligible": {"field": "age", "op": "<", "value": 30}},
    "all": {},
}


@pytest.mark.parametrize(
    ("context", "eligible"),
    [
        ({"seg": ["vip", "3"], "age": "25"}, {"vip", "three", "young", "all"}),
        ({"seg": ["new", 3], "age": 30}, {"three", "all"}),
        ({"seg": "vip", "age": "old"}, {"vip", "all"}),
        ({"seg": []}, {"all"}),
        ({}, {"all"}),
    ],
)
@pytest.mark.parametrize("fields", [FIELDS, {}])
async def test_rules_see_lists(rig: Any, context: dict[str, Any], eligible: set[str], fields: Any) -> None:
    """Rules test the levels of a list, declared or not; a text is a number only where one is declared."""
    await rig.put(features={"fields": fields}, arms=ARMS)
    decided = await rig.rank(context=context)
    numbers = {"young"} if not fields and isinstance(context.get("age"), str) else set()
    assert set(decided.arms) == eligible - numbers


async def test_the_trace_keeps_declared_lists(rig: Any) -> None:
    """A declared list stands in the decision as the set of its levels, and survives the log."""
    await rig.put(features={"fields": FIELDS}, arms=ARMS)
    decided = await rig.rank(context={"seg": ["vip", "3", "vip"], "tier": 1, "age": "42", "mail": ["x@y.z"]})
    assert decided.context == {"seg": ("3", "vip"), "tier": 1.0, "age": 42.0}
    (kept,) = [each.event for each in rig.log.read(0, limit=100) if each.event == decided]
    assert kept.context["seg"] == ("3", "vip")
    rig.check()


async def test_a_reason_shows_the_list(rig: Any) -> None:
    """The trace says which levels a list had when a rule left an arm out."""
    await rig.put(features={"fields": FIELDS}, arms=ARMS)
    decided = await rig.rank(context={"seg": ["new", "3"]})
    assert decided.left_out["vip"] == "seg contains 'vip': got ['3', 'new']"


async def test_quality_counts_what_is_not_as_declared(rig: Any) -> None:
    """Levels that are not declared, several where one is, and texts for numbers are out of range."""
    await rig.put(features={"fields": FIELDS}, arms=ARMS)
    good = {"seg": ["vip", "3"], "tier": 1, "age": "42"}
    bad = {"seg": ["vip", "x"], "tier": ["1", "2"], "age": "old"}
    for context in (good, bad, {}, {"tier": "7"}):
        await rig.rank(context=context)
    found = {each.field: (each.out_of_range, each.missing) for each in rig.service.quality("home").fields}
    assert found == {"seg": (0.25, 0.5), "tier": (0.5, 0.25), "age": (0.25, 0.5)}


async def test_the_report_says_what_a_value_counts_as(rig: Any) -> None:
    """Each value that is not as declared has the words for what the vector makes of it."""
    await rig.put(features={"fields": FIELDS}, arms=ARMS)
    context = {"seg": ["vip", "x"], "tier": ["1", "2"], "age": "old"}
    report = rig.service.explain("home", context, at=None, gpc=False)
    assert {each.field: (each.status, each.reason) for each in report.fields} == {
        "seg": ("out_of_range", "not a declared level: counts as another level"),
        "tier": ("out_of_range", "several levels where one is declared: counts as another level"),
        "age": ("out_of_range", "no number: counts as not known"),
    }
    assert {column.index: column.fields for column in report.vector if column.index} == {
        1: {"seg": 1.0}, 4: {"seg": 1.0}, 8: {"tier": 1.0}, 11: {"age": 1.0},
    }  # fmt: skip


async def test_a_list_that_is_too_long_is_refused(rig: Any) -> None:
    """A list of more entries than are kept is refused by name, and changes nothing."""
    await rig.put(arms=ARMS)
    before = rig.check()
    with pytest.raises(Invalid, match=r"context\.seg: got a list of 65; allowed at most 64"):
        await rig.rank(context={"seg": [str(number) for number in range(65)]})
    assert rig.check() == before
