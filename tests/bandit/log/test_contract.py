# SPDX-License-Identifier: Apache-2.0
"""What every log promises, run on each log of the table in conftest."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from bandit.errors import Conflict, NotFound, Unavailable
from bandit.log.base import Lookups, Record


async def test_positions_start_at_one_and_have_no_gaps(log: Any, events: Any) -> None:
    """Records are numbered 1, 2, 3 in the order of their events."""
    first = await log.append(events.just(events.decided("d1"), events.changed("a")))
    second = await log.append(events.just(events.decided("d2")))
    assert [record.position for record in [*first, *second]] == [1, 2, 3]
    assert log.head == 3


async def test_what_is_read_is_what_was_appended(log: Any, events: Any) -> None:
    """Every kind of event comes back equal, from any position, in parts of any size."""
    written = [
        events.decided("d1", due=5.0),
        events.rewarded("d1", "r1"),
        events.expired("d1"),
        events.changed("a"),
    ]
    records = list(await log.append(events.just(*written)))
    assert [record.event for record in records] == written
    assert log.read(0, limit=100) == records
    assert log.read(1, limit=2) == records[1:3]
    assert log.read(4, limit=10) == log.read(99, limit=10) == []


async def test_an_empty_log_has_nothing(log: Any) -> None:
    """An empty log is at position 0 and finds nothing."""
    assert log.head == 0
    assert log.read(0, limit=10) == log.history("d") == log.changes(0, limit=10) == []
    assert log.newest() is None


async def test_groups_are_told_before_futures_resolve(
    log: Any, events: Any, told: list[list[Record]]
) -> None:
    """When an append is done, its records were handed to `committed` already, in order and once."""
    futures = [log.append(events.just(events.decided(f"d{n}"))) for n in range(20)]
    for future in futures:
        await future
        assert future.result()[0] in [record for group in told for record in group]
    assert [record.position for group in told for record in group] == list(range(1, 21))


async def test_futures_resolve_in_the_order_of_appends(log: Any, events: Any) -> None:
    """Who appended first hears first."""
    heard: list[int] = []
    futures = [log.append(events.just(events.decided(f"d{n}"))) for n in range(20)]
    for number, future in enumerate(futures):
        future.add_done_callback(lambda _, number=number: heard.append(number))
    await asyncio.gather(*futures)
    assert heard == list(range(20))


async def test_proposals_of_a_group_see_each_other(log: Any, events: Any) -> None:
    """A proposal finds what an earlier one of the same group appends."""
    seen: list[Any] = []

    def look(lookups: Lookups) -> list[Any]:
        seen.append(
            (
                lookups.find("d1"),
                lookups.rewarded("d1", "r1"),
                [one.decided.decision for one in lookups.due(9, limit=5)],
            )
        )
        return []

    decided, rewarded = events.decided("d1", due=5.0), events.rewarded("d1", "r1", slot=1)
    futures = [
        log.append(look),
        log.append(events.just(decided)),
        log.append(events.just(rewarded)),
        log.append(look),
    ]
    assert list((await asyncio.gather(*futures))[-1]) == []
    assert seen[0] == (None, None, [])
    found, reward, due = seen[1]
    assert (found.decided, found.activated, found.slots, reward, due) == (
        decided,
        None,
        {1: rewarded},
        rewarded,
        ["d1"],
    )


async def test_a_failed_proposal_fails_alone(log: Any, events: Any) -> None:
    """What a proposal raises reaches its own future; the others commit and positions have no gap."""

    def fails(_: Lookups) -> list[Any]:
        raise NotFound("decision: got 'x'; allowed one that exists")

    futures = [
        log.append(events.just(events.decided("d1"))),
        log.append(fails),
        log.append(events.just(events.decided("d2"))),
    ]
    outcomes: list[Any] = await asyncio.gather(*futures, return_exceptions=True)
    first, failed, last = outcomes
    assert isinstance(failed, NotFound)
    assert [first[0].position, last[0].position, log.head] == [1, 2, 2]


async def test_an_event_that_cannot_be_stored_fails_alone(log: Any, events: Any) -> None:
    """An event with a value that has no encoding is refused, with all of its proposal."""
    bad = events.just(events.decided("d1"), events.decided("d2", context={"x": object()}))
    futures = [log.append(bad), log.append(events.just(events.decided("d3")))]
    outcomes: list[Any] = await asyncio.gather(*futures, return_exceptions=True)
    refused, kept = outcomes
    assert isinstance(refused, TypeError)
    assert (kept[0].position, [record.event.decision for record in log.read(0, limit=9)]) == (1, ["d3"])


@pytest.mark.parametrize("together", [True, False], ids=["one group", "two groups"])
@pytest.mark.parametrize("kind", ["decided", "rewarded", "activated", "expired"])
async def test_the_second_of_an_identity_is_refused(log: Any, events: Any, kind: str, together: bool) -> None:
    """A decision, reward id, activation or expiry that the log holds is refused, its neighbours are not."""
    twice = events.rewarded("d", "r") if kind == "rewarded" else getattr(events, kind)("d")
    futures = [log.append(events.just(twice))]
    if not together:
        await futures[0]
    futures += [
        log.append(events.just(event)) for event in (events.decided("d1"), twice, events.decided("d2"))
    ]
    outcomes = await asyncio.gather(*futures, return_exceptions=True)
    assert [isinstance(outcome, Conflict) for outcome in outcomes] == [False, False, True, False]
    assert [record.event for record in log.read(0, limit=9)] == [
        twice,
        events.decided("d1"),
        events.decided("d2"),
    ]


async def test_rewards_without_id_may_recur(log: Any, events: Any) -> None:
    """Rewards with an empty id are never duplicates, and all are in the history."""
    await log.append(events.just(events.decided("d"), events.rewarded("d", ""), events.rewarded("d", "")))
    found: list[Any] = []
    await log.append(lambda lookups: found.append(lookups.rewarded("d", "")) or [])
    assert found == [None]
    assert [record.position for record in log.history("d")] == [1, 2, 3]


async def test_find_returns_the_newest_event_of_each_slot(log: Any, events: Any) -> None:
    """A slot is touched by its rewards and by the contributions of activation or expiry; the newest wins."""
    later = events.rewarded("d", "r2", slot=0, units=2 << 24)
    expired = events.expired("d", slots=(1,))
    activated = events.activated("d")
    await log.append(
        events.just(events.decided("d", deferred=True), activated, events.rewarded("d", "r1"), later)
    )
    await log.append(events.just(expired))
    found: list[Any] = []
    await log.append(lambda lookups: found.append(lookups.find("d")) or [])
    assert found[0] == (events.decided("d", deferred=True), activated, {0: later, 1: expired})


async def test_due_lists_waits_that_are_over_oldest_first(log: Any, events: Any) -> None:
    """Decisions and activations with an end of wait before now are due until they expire."""
    await log.append(events.just(*(events.decided(f"d{due}", due=float(due)) for due in (30, 10, 20, 40))))
    await log.append(events.just(events.decided("late", deferred=True), events.activated("late", due=15.0)))
    await log.append(events.just(events.decided("never"), events.expired("d10")))
    seen: list[list[str]] = []

    def look(lookups: Lookups) -> list[Any]:
        seen.extend([one.decided.decision for one in lookups.due(40.0, limit=limit)] for limit in (9, 2))
        return [events.expired("late")]

    def again(lookups: Lookups) -> list[Any]:
        seen.append([one.decided.decision for one in lookups.due(99.0, limit=2)])
        return []

    await asyncio.gather(log.append(look), log.append(again))
    await log.append(again)
    assert seen == [["late", "d20", "d30"], ["late", "d20"], ["d20", "d30"], ["d20", "d30"]]


async def test_history_holds_every_record_of_a_decision(log: Any, events: Any) -> None:
    """History is in order, complete, and about the one decision."""
    mine = [
        events.decided("d"),
        events.activated("d"),
        events.rewarded("d", "r1"),
        events.rewarded("d", "r2"),
        events.expired("d"),
    ]
    for event in mine:
        await log.append(
            events.just(event, events.decided(f"other-{event.at}-{getattr(event, 'reward_id', '')}"))
        )
    assert [record.event for record in log.history("d")] == mine
    assert [record.position for record in log.history("d")] == [1, 3, 5, 7, 9]


async def test_changes_are_those_of_people(log: Any, events: Any) -> None:
    """Changes follow a position, at most as many as asked for, and leave decisions out."""
    await log.append(
        events.just(events.changed("a"), events.decided("d"), events.changed("b"), events.revoked("k"))
    )
    assert [record.position for record in log.changes(0, limit=10)] == [1, 3, 4]
    assert [record.position for record in log.changes(1, limit=1)] == [3]
    assert log.changes(4, limit=10) == []


async def test_ids_of_any_text_are_told_apart(log: Any, events: Any) -> None:
    """Ids with NUL, quotes, digits only or signs of any script are found as they are."""
    ids = ["a\0b", "a\0c", "a", "'; DROP", "1", "1.0", "é", "e\u0301", "日本", "\U0001f600", ""]
    await log.append(events.just(*(events.decided(one) for one in ids)))
    found: dict[str, Any] = {}
    await log.append(
        lambda lookups: found.update((one, lookups.find(one).decided.decision) for one in ids) or []
    )
    assert found == {one: one for one in ids}


async def test_a_reader_never_finds_an_older_record_later(
    log: Any, events: Any, told: list[list[Record]]
) -> None:
    """Whoever has read up to a position has read all before it: groups do not interleave."""
    futures = [
        log.append(events.just(*(events.decided(f"{n}-{m}") for m in range(n % 4 + 1)))) for n in range(60)
    ]
    read: list[Record] = []
    for future in futures:
        await future
        read += log.read(len(read), limit=7)
    read += log.read(len(read), limit=1000)
    assert [record.position for record in read] == list(range(1, log.head + 1))
    assert read == [record for group in told for record in group]


async def test_a_cancelled_caller_disturbs_nobody(log: Any, events: Any, told: list[list[Record]]) -> None:
    """Cancelling an append's future leaves the group and the other futures alone."""
    futures = [log.append(events.just(events.decided(f"d{n}"))) for n in range(3)]
    futures[1].cancel()
    first, last = await asyncio.gather(futures[0], futures[2])
    assert (first[0].position, last[0].position) == (1, 3)


async def test_close_finishes_what_was_appended(log: Any, events: Any) -> None:
    """What was appended before close is done after it; what comes later is refused."""
    future = log.append(events.just(events.decided("d")))
    await log.close()
    await log.close()
    assert (await future)[0].position == 1
    with pytest.raises(Unavailable):
        await log.append(events.just(events.decided("e")))
