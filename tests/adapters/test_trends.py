# SPDX-License-Identifier: Apache-2.0
"""Trends: public lists and operators' signals against the tags of arms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from adapters.signals import Signal
from adapters.topics import TAGS, Tags
from adapters.trends import Trends

WIKIMEDIA = {
    "items": [
        {
            "project": "en.wikipedia", "access": "all-access", "year": "2026", "month": "11", "day": "20",
            "articles": [
                {"article": "Main_Page", "views": 4430453, "rank": 1},
                {"article": "Special:Search", "views": 1300000, "rank": 2},
                {"article": "Deaths_in_2026", "views": 500000, "rank": 3},
                {"article": "Winter_storm", "views": 400000, "rank": 4},
                {"article": "Coffee", "views": 100000, "rank": 5},
            ],
        }
    ]
}  # fmt: skip
MASTODON = [
    {
        "name": "WinterStorm",
        "url": "https://mastodon.example/tags/WinterStorm",
        "history": [
            {"day": "1795219200", "uses": "60", "accounts": "50"},
            {"day": "1795132800", "uses": "40", "accounts": "9"},
        ],
    },
    {
        "name": "coffee",
        "url": "https://mastodon.example/tags/coffee",
        "history": [{"day": "1795219200", "uses": "25", "accounts": "20"}],
    },
]
ANSWERS = {"wikimedia": WIKIMEDIA, "mastodon": MASTODON}
MakeTrends = Callable[..., Trends]


@pytest.fixture
def make_trends(stub: Any, clock: Any) -> MakeTrends:
    """Make a trends adapter that asks the stub."""

    def make(*sources: str, **settings: Any) -> Trends:
        return Trends(
            sources=sources, tags=["coffee beans", "winter storm kit"], wikimedia_url=f"{stub.url}/top",
            mastodon_url=stub.url, agent="shop ops@shop.example", allow_private=True, clock=clock, **settings,
        )  # fmt: skip

    return make


@pytest.mark.parametrize("source", ANSWERS)
async def test_documented_answers(source: str, make_trends: MakeTrends, stub: Any, clock: Any) -> None:
    """From either source's documented answer the watched tag that is most in the air stands out."""
    trends, stub.data = make_trends(source), ANSWERS[source]
    await trends.refresh()
    known = trends.features({}, at=clock.at)
    assert (known["tag"], known["state"]) == ("winter storm kit", "fresh")
    assert known["heat"] == pytest.approx(2 / 3 * (0.8 if source == "wikimedia" else 1.0))
    assert trends.match(["coffee"], at=clock.at) == pytest.approx(0.2 if source == "wikimedia" else 0.25)
    assert trends.match(["deaths in 2026"], at=clock.at) == 0.0


async def test_wikimedia_before_yesterdays_list(make_trends: MakeTrends, stub: Any, clock: Any) -> None:
    """While yesterday's list is not out (404), the day before is asked; both are named by date."""
    trends = make_trends("wikimedia")
    stub.status = 404
    await trends.refresh()
    assert [request.path for request in stub.asked] == [
        "/top/en.wikipedia/all-access/2026/11/20",
        "/top/en.wikipedia/all-access/2026/11/19",
    ]
    assert trends.counts["failed_http_404"] == 1


@pytest.mark.parametrize("source", ANSWERS)
@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ({"status": 500}, "http_500"),
        ({"status": 429, "headers": {"Retry-After": "120"}}, "http_429"),
        ({"misbehave": "<html>"}, "not_json"),
        ({"misbehave": "endless"}, "too_large"),
        ({"misbehave": "redirect"}, "redirect"),
        ({"data": {"items": []}}, "unusable"),
        ({"data": [{"name": 3, "history": "x"}]}, "unusable"),
    ],
)
async def test_trouble_leaves_the_last_known(
    source: str, trouble: dict[str, Any], reason: str, make_trends: MakeTrends, stub: Any, clock: Any
) -> None:
    """Whatever a source does, what was known stays, becomes stale, and in the end is forgotten."""
    trends, stub.data = make_trends(source), ANSWERS[source]
    await trends.refresh()
    first = trends.features({}, at=clock.at)
    for name, value in trouble.items():
        setattr(stub, name, value)
    clock.now += 3000
    await trends.refresh()
    assert (trends.counts[f"failed_{reason}"], trends.features({}, at=clock.at)) == (1, first)
    assert trends.features({}, at=clock.at + timedelta(seconds=6000))["state"] == "stale"
    assert trends.features({}, at=clock.at + timedelta(days=2)) == {}
    assert reason in trends.why_missing({}, at=clock.at + timedelta(days=2))


async def test_one_call_an_interval(make_trends: MakeTrends, stub: Any, clock: Any) -> None:
    """However often it is refreshed, a source is asked once an interval."""
    trends, stub.data = make_trends("mastodon"), MASTODON
    for _ in range(10):
        await trends.refresh()
        clock.now += 100
    assert len(stub.asked) == 1


def test_a_pushed_signal_counts_at_once(clock: Any) -> None:
    """What an operator pushes matches tags right away, and no longer once it is dropped or over."""
    trends = Trends(tags=["sunscreen", "umbrella"], clock=clock)
    assert trends.match(["sunscreen"], at=clock.at) is None
    trends.put_signal("heatwave", Signal({"sunscreen": 0.9}, clock.now + 600))
    assert dict(trends.features({}, at=clock.at)) == {"heat": 0.9, "tag": "sunscreen", "state": "fresh"}
    assert trends.features({}, at=clock.at + timedelta(seconds=601)) == {}
    assert trends.drop_signal("heatwave")
    assert trends.features({}, at=clock.at) == {}


def test_each_placement_has_its_own_tags(clock: Any) -> None:
    """The tags that come with a request are matched; nothing but a tag ever becomes a level."""
    trends = Trends(clock=clock)
    mood = Signal({"Sunscreen": 0.4, "Jane Doe jane@example.org": 1.0}, clock.now + 600)
    trends.put_signal("mood", mood)
    sun, rain = {TAGS: Tags(["sunscreen", "hats"])}, {TAGS: Tags(["umbrella"])}
    assert dict(trends.features(sun, at=clock.at)) == {"heat": 0.4, "tag": "sunscreen", "state": "fresh"}
    assert dict(trends.features(rain, at=clock.at)) == {"heat": 0.0, "state": "fresh"}
    assert trends.why_missing(rain, at=clock.at) == "no watched tag is in the air"
    assert trends.why_missing({}, at=clock.at) == "no arm has tags, and no others are watched"


def test_tags_of_a_caller_are_not_matched(clock: Any) -> None:
    """What a request itself says under the same key is no tag."""
    trends = Trends(clock=clock)
    trends.put_signal("mood", Signal({"Sunscreen": 0.4}, clock.now + 600))
    assert dict(trends.features({TAGS: "sunscreen"}, at=clock.at)) == {"heat": 0.0, "state": "fresh"}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"sources": ["google"]}, "sources: got 'google'; allowed wikimedia, mastodon"),
        ({"sources": ["mastodon"], "agent": "a@b"}, "mastodon_url: got none; allowed"),
        ({"sources": ["wikimedia"]}, "agent: got ''; allowed your site"),
        ({"sources": ["wikimedia"], "agent": "a@b", "project": "../x"}, "project: got '../x'; allowed"),
        ({"mastodon_url": "http://127.0.0.1/"}, "mastodon_url: got .*; allowed https"),
        ({"interval_s": 1}, "interval_s: got 1; allowed 60 to 604800"),
    ],
)
def test_refuses_settings(settings: dict[str, Any], message: str) -> None:
    """Settings that cannot work are refused with the field, the value and what is allowed."""
    with pytest.raises(ValueError, match=message):
        Trends(**settings)
