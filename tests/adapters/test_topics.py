# SPDX-License-Identifier: Apache-2.0
"""Topics and signals: what matches what, what is blocked, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.signals import MOST_SIGNALS, Signals, checked
from adapters.topics import BLOCKED, MOST_TAGS, Tags, TopicIndex, words

FOREVER = float("inf")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Winter Coats", {"winter", "coat"}),
        ("The_List of the Café", {"cafe"}),
        ("a b of", set()),
        ("2026 FIFA World Cup", {"2026", "fifa", "world", "cup"}),
        ("雪", {"雪"}),
    ],
)
def test_words(text: str, expected: set[str]) -> None:
    """Words are compared without case, accents, plural and fillers."""
    assert words(text) == expected


def test_match() -> None:
    """A tag matches as far as its words stand together in one topic, by the topic's weight."""
    index = TopicIndex({"Winter storm Elliot": 0.8, "Coat of arms": 1.0}, blocked=(), until=FOREVER)
    assert index.match("winter storm") == pytest.approx(0.8)
    assert index.match("winter coats") == pytest.approx(0.5)
    assert index.match("sunscreen") == 0.0


@pytest.mark.parametrize("topic", ["Deaths in 2026", "2026 United States elections", "Plane crash"])
def test_blocked(topic: str) -> None:
    """Topics with a blocked word never match, singular or plural."""
    index = TopicIndex({topic: 1.0}, blocked=BLOCKED, until=FOREVER)
    assert (index.kept, index.match(topic)) == (0, 0.0)


@given(topics=st.dictionaries(st.text(max_size=30), st.floats(0, 1), max_size=8), tag=st.text(max_size=30))
def test_match_is_a_share(topics: dict[str, float], tag: str) -> None:
    """Whatever the texts, a match lies between 0 and 1."""
    assert 0.0 <= TopicIndex(topics, blocked=BLOCKED, until=FOREVER).match(tag) <= 1.0


def test_signals_expire_and_are_replaced() -> None:
    """A signal counts until its time is over, or until another takes its name."""
    signals = Signals(blocked=())
    signals.put("storm", checked("storm", {"Winter storm": 0.9}, ttl_s=60, now=1000.0))
    signals.put("storm", checked("storm", {"Blizzard": 0.5}, ttl_s=60, now=1010.0))
    assert [signal.topics for signal in signals.live(now=1069.0).values()] == [{"Blizzard": 0.5}]
    assert signals.live(now=1070.0) == {}
    signals.expire(now=1070.0)
    assert signals.indexes() == []


@pytest.mark.parametrize(
    ("name", "topics", "ttl_s", "message"),
    [
        ("Storm!", {"a": 1}, 60, "name: got 'Storm!'; allowed 1 to 64"),
        ("x", {}, 60, "topics: got {}; allowed 1 to 200"),
        ("x", ["a"], 60, r"topics: got \['a'\]; allowed"),
        ("x", {"a": 2}, 60, "topics.a: got 2; allowed 0 to 1"),
        ("x", {"a": float("nan")}, 60, "topics.a: got nan; allowed 0 to 1"),
        ("x", {"a": True}, 60, "topics.a: got True; allowed 0 to 1"),
        ("x", {"a\n": 1}, 60, "printable characters"),
        ("x", {"a": 1}, 0, "ttl_s: got 0; allowed 1 to 2592000"),
        ("x", {"a": 1}, "60", "ttl_s: got '60'; allowed"),
    ],
)
def test_bad_signals_are_refused(name: str, topics: Any, ttl_s: Any, message: str) -> None:
    """A bad signal is refused with field, value and what is allowed."""
    with pytest.raises(ValueError, match=message):
        checked(name, topics, ttl_s=ttl_s, now=1.0)


def test_signals_stay_bounded() -> None:
    """One signal too many is refused; one that replaces another is not."""
    live = [f"s{number}" for number in range(MOST_SIGNALS)]
    with pytest.raises(ValueError, match="allowed 64 signals at a time"):
        checked("new", {"a": 1}, ttl_s=60, now=59.0, live=live)
    assert checked("s3", {"a": 1}, ttl_s=60, now=59.0, live=live).until == 119.0
    assert checked("new", {"a": 1}, ttl_s=60, now=59.0, live=live[1:]).topics == {"a": 1.0}


def test_tags_are_bounded_and_told_apart_by_what_they_are() -> None:
    """A placement's tags are a few short texts, each once; what is no text is none."""
    assert Tags(["snow", "", "snow", 7, "x" * 99]).names == ("snow", "x" * 64)  # type: ignore[list-item]
    assert len(Tags(f"t{number}" for number in range(9999)).names) == MOST_TAGS
