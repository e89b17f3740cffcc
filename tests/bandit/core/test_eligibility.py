# SPDX-License-Identifier: Apache-2.0
"""Which arms may be shown, with the reasons, and the edges of schedules."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.core.catalogue import parse_placement
from bandit.core.eligibility import Roster

START = 1_793_491_200.0  # 2026-11-01T00:00:00Z
HOUR = 3600.0


def roster(arms: dict[str, Any]) -> Roster:
    """A roster from plain data."""
    return Roster(parse_placement({"arms": arms}).arms)


def shown(roster: Roster, at: float, **request: Any) -> tuple[list[str], dict[str, str]]:
    """The names of the arms that may be shown, and why the others may not."""
    rest: dict[str, Any] = {"known": {}, "exclude": frozenset(), "shown": {}}
    mask, left_out = roster.eligible(at=at, **{**rest, **request})
    return [name for name, may in zip(roster.names, mask, strict=True) if may], left_out


ARMS: dict[str, Any] = {
    "always": {},
    "paused": {"paused": True},
    "scheduled": {"starts_at": "2026-11-01T01:00:00+01:00", "ends_at": "2026-11-01T01:00:00Z"},
    "capped": {"cap": {"per_user": 2, "window": "12h"}},
    "warm": {"eligible": {"field": "weather.temp_c", "op": ">", "value": 20}},
}


def test_every_arm_left_out_has_its_reason() -> None:
    """Pause, schedule, rule, cap and the caller's wish are told apart."""
    names, left_out = shown(
        roster(ARMS), START - 1, exclude=frozenset({"always"}), shown={"capped": 3}, known={}
    )
    assert names == []
    assert left_out == {
        "always": "excluded by the caller",
        "paused": "paused",
        "scheduled": "starts at 2026-11-01T00:00:00Z",
        "capped": "cap: shown 3 times within 12h",
        "warm": "weather.temp_c > 20.0: not known",
    }


def test_arms_come_in_the_marketers_order() -> None:
    """What may be shown keeps the order of the catalogue."""
    names, left_out = shown(roster(ARMS), START, shown={"capped": 1}, known={"weather.temp_c": 21.0})
    assert names == ["always", "scheduled", "capped", "warm"]
    assert left_out == {"paused": "paused"}


@pytest.mark.parametrize(
    ("at", "may"), [(-0.001, False), (0.0, True), (HOUR - 0.001, True), (HOUR, False), (1e9, False)]
)
def test_a_schedule_begins_with_its_start_and_ends_before_its_end(at: float, may: bool) -> None:
    """The first moment counts, the last does not."""
    assert ("scheduled" in shown(roster(ARMS), START + at)[0]) == may


def test_caps_do_not_bind_strangers() -> None:
    """A visitor whom nobody knows has been shown nothing."""
    assert "capped" in shown(roster(ARMS), START)[0]


def test_a_request_leaves_no_trace_in_the_next() -> None:
    """Exclusions of one request do not reach another, though requests share what they can."""
    one = roster({"a": {}, "b": {}})
    assert shown(one, START, exclude=frozenset({"a"}))[0] == ["b"]
    assert shown(one, START) == (["a", "b"], {})


SCHEDULES = st.lists(
    st.tuples(st.integers(0, 6), st.integers(1, 6)).map(
        lambda hours: {
            "starts_at": f"2026-11-01T{hours[0]:02}:00:00Z",
            "ends_at": f"2026-11-01T{hours[0] + hours[1]:02}:00:00Z",
        }
    ),
    max_size=4,
)


@given(SCHEDULES, st.lists(st.integers(-1, 26), min_size=1, max_size=12))
def test_remembering_changes_no_answer(schedules: list[dict[str, Any]], half_hours: list[int]) -> None:
    """A roster that is asked at times in any order answers like one that is asked for the first time."""
    arms = {f"arm-{n}": schedule for n, schedule in enumerate(schedules)}
    used = roster(arms)
    for half_hour in half_hours:
        at = START + half_hour * HOUR / 2
        assert shown(used, at) == shown(roster(arms), at)
