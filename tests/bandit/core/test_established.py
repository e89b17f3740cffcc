# SPDX-License-Identifier: Apache-2.0
"""Who has sums of their own: earned by showings, bounded in number, and told by the order of events alone."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandit.core.established import Established, NewcomersRule
from bandit.errors import Invalid
from policies import NEWCOMER

RULE = NewcomersRule(views=2, most=2)


def shown(established: Established, *arms: str, rule: NewcomersRule = RULE, position: int = 10) -> list[str]:
    """Show arms one event after the other; who left."""
    return [
        each
        for at, arm in enumerate(arms, start=position)
        for each in established.show([arm], rule, position=at)
    ]


def test_arms_of_the_catalogue_have_names_from_the_start() -> None:
    """What was decided before an arm entered the catalogue was about a newcomer."""
    established = Established()
    established.settle(["a"], RULE, position=5)
    assert established.names(("a", "x")) == ("a", NEWCOMER)
    assert established.name("a", made_from=5) == "a"
    assert established.name("a", made_from=4) == NEWCOMER


def test_a_newcomer_earns_its_name_by_being_shown() -> None:
    """It has sums of its own from the event on that shows it often enough, and not for decisions before."""
    established = Established()
    shown(established, "x", "y", "x", position=10)
    assert established.names(("x", "y")) == ("x", NEWCOMER)
    assert established.name("x", made_from=12) == "x"
    assert established.name("x", made_from=11) == NEWCOMER


def test_the_guest_that_was_not_shown_for_longest_leaves() -> None:
    """Whoever comes takes the place of the one shown least recently, which must earn its place again."""
    established = Established()
    assert shown(established, *"xxyyx") == []
    assert shown(established, *"zz", position=20) == ["y"]
    assert established.names(("x", "y", "z")) == ("x", NEWCOMER, "z")
    assert shown(established, *"yy", position=30) == ["x"]
    assert established.name("y", made_from=30) == NEWCOMER
    assert established.name("y", made_from=31) == "y"


def test_what_leaves_the_catalogue_is_a_guest() -> None:
    """Deleted arms are kept within the bound, the least recently deleted or shown first to go."""
    established = Established()
    established.settle(list("abcd"), RULE, position=1)
    assert established.settle(["d"], RULE, position=2) == ["a"]
    shown(established, "b")
    assert established.settle([], RULE, position=3) == ["c"]
    # Back in the catalogue it counts against no bound, and keeps what it had.
    assert established.settle(["b"], RULE, position=4) == []
    assert established.name("b", made_from=1) == "b"
    assert shown(established, *"xx") == []


def test_smaller_bounds_take_effect() -> None:
    """With a lower `most` guests leave when the catalogue is told so; with 0 nobody is let in."""
    established = Established()
    shown(established, *"xxyy")
    nobody = NewcomersRule(views=1, most=0)
    assert established.settle([], nobody, position=20) == ["x", "y"]
    assert shown(established, *"zzzz", rule=nobody) == []
    assert established.names(("z",)) == (NEWCOMER,)


@given(st.lists(st.integers(0, 30), max_size=400), st.integers(0, 400))
def test_counts_are_never_too_high_and_hardly_too_low(arms: list[int], cut: int) -> None:
    """Misra & Gries: a count is at most the truth, and at least it minus one in k + 1 of all showings.

    What was saved and read goes on as if nothing had happened.
    """

    class Few(NewcomersRule, frozen=True):
        @property
        def counted(self) -> int:
            return 4

    rule, established = Few(views=1_000_000, most=1), Established()
    for n, arm in enumerate(arms):
        if n == cut:
            established = Established(established.dump())
        established.show([str(arm)], rule, position=n)
    counts, truth = established.dump().counts, Counter(map(str, arms))
    assert len(counts) <= 4
    for name, times in truth.items():
        assert times - len(arms) / 5 <= counts.get(name, 0) <= times


def test_ever_new_arms_leave_nothing_but_a_bounded_count() -> None:
    """A hundred thousand arms shown once each: none has a name, and a thousand at most are counted."""
    established, rule = Established(), NewcomersRule()
    for n in range(100_000):
        established.show([f"n{n}"], rule, position=n)
    found = established.dump()
    assert (found.since, found.guests) == ({}, [])
    assert len(found.counts) <= rule.counted == 1_000


@given(st.lists(st.tuples(st.sampled_from("abcxyz"), st.booleans()), max_size=60), st.integers(0, 60))
def test_a_saved_registry_cannot_be_told_apart(events: list[tuple[str, bool]], cut: int) -> None:
    """Whatever happens, the one that was saved and read in between ends as the one that was not."""
    one, two = Established(), Established()
    catalogue: set[str] = set()
    for n, (arm, change) in enumerate(events):
        if n == cut:
            two = Established(two.dump())
        if change:
            catalogue ^= {arm}
        for each in (one, two):
            if change:
                each.settle(sorted(catalogue), RULE, position=n)
            else:
                each.show([arm], RULE, position=n)
    assert one.dump().guests == two.dump().guests
    assert (one.dump().since, one.dump().counts) == (two.dump().since, two.dump().counts)
    assert len(one.dump().guests) <= RULE.most


@pytest.mark.parametrize(
    ("field", "value"), [("views", 0), ("views", 1_000_001), ("most", -1), ("most", 10_001)]
)
def test_bounds_out_of_range_are_refused(field: str, value: int) -> None:
    """A wrong number is refused with what is allowed."""
    with pytest.raises(Invalid, match=f"{field}: got {value}; allowed"):
        NewcomersRule(**{field: value})
