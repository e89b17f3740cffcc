# SPDX-License-Identifier: Apache-2.0
"""The report on a placement's context, made from the decisions in the log."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from bandit.core.events import Decided
from bandit.errors import NotFound
from bandit.log.base import Record
from bandit.service.quality import BLOCK, ENOUGH, Kept, kept_fields, placement_quality
from bandit.service.service import Service

DAY_S = 86_400.0
SCHEMA = {
    "fields": {
        "device.form_factor": None,
        "page.section": {"levels": ["news", "sport"]},
        "age": {"kind": "number", "range": [0, 100]},
        "vip": {"levels": ["true", "false"]},
    }
}
PHONE = {"user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15"}


def by_name(report: Any) -> dict[str, Any]:
    """The fields of a report by name."""
    return {each.field: each for each in report.fields}


async def test_shares_of_missing_denied_and_out_of_range(rig: Any) -> None:
    """Each field's shares are those of the decisions of the placement, and of no other."""
    await rig.put(context=["device"], features=SCHEMA)
    await rig.put("other", context=["device"], features=SCHEMA)
    for context in (
        {"device": PHONE, "page": {"section": "news"}, "age": 30, "vip": True},
        {"device": PHONE, "page": {"section": "culture"}, "age": 130},
        {"device": PHONE, "consent": {"personalization": False}, "age": 40},
        {"vip": False},
    ):
        await rig.rank(context=context)
        await rig.rank(placement="other")
    report = rig.service.quality("home")
    fields = by_name(report)
    form, section, age, vip = (fields[name] for name in SCHEMA["fields"])
    assert (report.decisions, report.past, report.since) == (4, 0, rig.clock.now)
    assert (form.missing, form.no_consent, form.out_of_range) == (0.25, 0.25, 0.0)
    assert (section.missing, section.out_of_range) == (0.5, 0.25)
    assert (age.missing, age.out_of_range) == (0.25, 0.25)
    assert (vip.missing, vip.out_of_range) == (0.5, 0.0)
    assert report.states == {"device": {"missing": 0.25, "no_consent": 0.25}}


async def test_a_field_that_moves_is_warned_of(rig: Any) -> None:
    """A field whose levels changed this week is named; one that stayed the same is not."""
    await rig.put(context=["device"], features=SCHEMA)
    for week, section in (("past", "news"), ("now", "sport")):
        for number in range(260):
            await rig.rank(context={"page": {"section": section}, "age": number % 100})
        rig.clock.now += 10 * DAY_S if week == "past" else 0
    report = rig.service.quality("home")
    assert (report.decisions, report.past) == (260, 260)
    assert by_name(report)["page.section"].moved
    assert not by_name(report)["age"].moved
    (warning,) = report.warnings
    assert warning.startswith("page.section: its distribution has moved")


async def test_a_restart_forgets_nothing(rig: Any) -> None:
    """A service opened over the same log gives the same report."""
    await rig.put(context=["device"], features=SCHEMA)
    for _ in range(5):
        await rig.rank(context={"age": 3})
    before = rig.service.quality("home")
    again: Service = rig.open()
    assert again.quality("home") == before
    assert before.decisions == 5


async def test_old_decisions_do_not_count(rig: Any) -> None:
    """What is older than five weeks is in neither span."""
    await rig.put(context=["device"], features=SCHEMA)
    await rig.rank(context={"age": 3})
    rig.clock.now += 36 * DAY_S
    report = rig.service.quality("home")
    assert (report.decisions, report.past, report.since) == (0, 0, None)


def test_an_unknown_placement(rig: Any) -> None:
    """There is no report of what does not exist."""
    with pytest.raises(NotFound):
        rig.service.quality("nowhere")


def test_a_long_log_is_looked_at_evenly() -> None:
    """Of a million decisions a bounded number is read, from the beginning of the span to its end."""
    now, step = 1_780_000_000.0, 0.5
    head = 1_000_000
    touched: list[int] = []

    def read(after: int, limit: int) -> list[Record]:
        positions = range(after + 1, min(after + limit, head) + 1)
        touched.extend(positions if limit > 1 else ())
        return [Record(position, decision(now - (head - position) * step)) for position in positions]

    kept = kept_fields({}, {})
    report = placement_quality("home", kept, read, head=head, now=now)
    assert ENOUGH <= report.decisions < ENOUGH + BLOCK
    gaps = sorted(touched)
    assert max(b - a for a, b in pairwise(gaps)) < 4 * head * BLOCK / ENOUGH


def test_a_rare_placement_is_still_found() -> None:
    """Among the decisions of other placements no more than a bounded part of the log is read."""
    now, head = 1_780_000_000.0, 200_000
    count = 0

    def read(after: int, limit: int) -> list[Record]:
        nonlocal count
        count += limit
        positions = range(after + 1, min(after + limit, head) + 1)
        return [
            Record(each, decision(now - (head - each), name="home" if each % 100 == 0 else "other"))
            for each in positions
        ]

    kept: dict[str, Kept] = {}
    report = placement_quality("home", kept, read, head=head, now=now)
    assert report.decisions > 100
    assert count < 30_000


def decision(at: float, *, name: str = "home") -> Decided:
    """A decision made at a time."""
    return Decided(
        at=at, decision="d", placement=name, epoch=1, policy="uniform", made_from=1, user="",
        context={}, arms=(), left_out={}, x=b"", slots=[], propensities=[], scores=[], p=b"",
        default=0.0, counted=True,
    )  # fmt: skip
