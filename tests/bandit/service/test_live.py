# SPDX-License-Identifier: Apache-2.0
"""Starting, stopping and starting again: the state is what the log adds up to, however it was come by."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bandit.core.join import Posted
from bandit.core.snapshot import dump
from bandit.errors import Damaged, Unavailable
from bandit.log.base import Snapshot
from bandit.log.sqlite import SqliteLog
from bandit.service import Service
from bandit.service.identity import Identity
from bandit.settings import Settings


async def use(rig: Any, *, times: int = 5) -> None:
    """A little of everything."""
    await rig.put(slots=2, arms={"a": {"cap": {"per_user": 3}}, "b": {}, "c": {}})
    for n in range(times):
        decided = await rig.rank(user="u", context={"n": n})
        await rig.reward(Posted(decided.decision, event="click"))


async def test_decisions_are_folded_in_lots(rig: Any) -> None:
    """Decisions alone wait for others; a reward is folded at once, and so is all that came before it."""
    live = rig.service.live
    await rig.put()
    first = await rig.rank()
    assert (live.state.position, rig.log.head) == (1, 2)
    await rig.reward(Posted(first.decision, event="click"))
    assert live.state.position == rig.log.head
    await asyncio.gather(*(rig.rank() for _ in range(200)))
    assert live.state.position == rig.log.head
    rig.check()


async def test_decisions_do_not_wait_long_for_others(rig: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A decision that stays alone is folded when its time is up, and a report counts it before that."""
    await rig.put()
    await rig.rank()
    assert sum(rig.service.reporting.report("home").decisions.values()) == 1
    monkeypatch.setattr("bandit.service.live._LAG_S", 0.0)
    await rig.rank()
    up = asyncio.Event()
    asyncio.get_running_loop().call_later(0.0, up.set)
    await up.wait()
    assert rig.service.live.state.position == rig.log.head
    rig.check()


@pytest.mark.parametrize("snapshot", [True, False])
async def test_a_restart_changes_nothing(rig: Any, snapshot: bool) -> None:
    """From its snapshot or from the log alone, a service comes back to the same bytes."""
    await use(rig)
    before = rig.check()
    if snapshot:
        await rig.service.live._save()
        assert rig.log.newest() == Snapshot(rig.log.head, before)
    rig.open()
    assert dump(rig.state) == before
    await rig.rank(user="u")
    rig.check()


async def test_a_closed_service_comes_back_from_disk(tmp_path: Path) -> None:
    """Closed and opened again over its files, a service has the same state, and answers."""
    settings = Settings(data_dir=tmp_path)

    def open_service() -> Service:
        return Service(
            settings,
            open_store=lambda committed: SqliteLog.open(tmp_path, committed=committed),
            names=Identity.open(tmp_path / "secret"),
        )

    first = open_service()
    await first.start()
    await first.changes.put_placement("home", {"arms": {"a": {}, "b": {}}}, by="test")
    decided = (await first.rank("home", {"page": "news"}, user="u")).decided
    await first.rewarding.reward(Posted(decided.decision, event="click"), scope=frozenset(), at=first.clock())
    before = dump(first.live.state)
    await first.close()
    second = open_service()
    assert dump(second.live.state) == before
    assert (await second.rank("home", {}, user="u")).decided.user == decided.user
    await second.close()


async def test_snapshots_come_every_so_many_records(make_rig: Any) -> None:
    """A snapshot is due after the set number of records, and holds the state of its position."""
    rig = make_rig(snapshot_every=10)
    await use(rig, times=15)
    await asyncio.sleep(0)
    kept = rig.log.newest()
    assert 10 < kept.position <= rig.log.head
    await rig.service.close()
    assert rig.log.newest() == Snapshot(rig.log.head, dump(rig.state))


@pytest.mark.parametrize("data", [b"\x00 no snapshot", b""])
async def test_a_snapshot_that_cannot_be_used_is_passed_over(rig: Any, data: bytes) -> None:
    """A snapshot that cannot be read, or is ahead of the log, costs a longer start and nothing else."""
    await use(rig)
    before = rig.check()
    await rig.log.save(Snapshot(rig.log.head if data else rig.log.head + 1, data or before))
    rig.open()
    assert dump(rig.state) == before


async def test_a_snapshot_that_cannot_be_saved_is_no_reason_to_stop(
    rig: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The service goes on without a snapshot when the disk refuses it."""
    await use(rig)

    async def refuses(_: Any) -> None:
        raise Unavailable("log: got a full disk")

    monkeypatch.setattr(rig.log, "save", refuses)
    await rig.service.live._save()
    await rig.rank()
    rig.check()


async def test_what_is_under_way_is_finished_on_close(rig: Any) -> None:
    """Requests that had reached the log when the service closed are answered and kept."""
    await rig.put()
    waiting = [asyncio.ensure_future(rig.rank()) for _ in range(5)]
    for _ in range(2):
        await asyncio.sleep(0)
    await rig.service.close()
    decided = await asyncio.gather(*waiting)
    assert all(rig.log.history(each.decision) for each in decided)
    late = await rig.service.rank("home", {})
    assert not late.logged


async def test_waits_are_closed_in_the_background(rig: Any) -> None:
    """A started service closes waits by itself, also after a failure."""
    await rig.put(reward={"wait_s": 60})
    await rig.rank()
    rig.clock.now += 100
    await rig.service.start()
    kinds: list[str] = []
    while "Expired" not in kinds:
        await asyncio.sleep(0)
        kinds = [type(record.event).__name__ for record in rig.log.read(0, limit=10)]
    await rig.service.close()
    rig.check()


def test_the_secret_is_made_once(tmp_path: Path) -> None:
    """Users stay who they are over restarts; a file that is no secret is refused, not replaced."""
    path = tmp_path / "secret"
    first, second = Identity.open(path), Identity.open(path)
    assert first.pseudonym("ann") == second.pseudonym("ann") != first.pseudonym("bob")
    assert first.pseudonym("") == ""
    assert "ann" not in first.pseudonym("ann")
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(b"short")
    with pytest.raises(Damaged):
        Identity.open(path)


def test_ids_sort_by_time_and_never_repeat() -> None:
    """A later decision has a later id, and ids of one moment differ."""
    names = Identity(bytes(32))
    ids = [names.decision_id(now) for now in (1e9, 1e9 + 0.001, 1.7e9, 1.7e9, 9e9)]
    assert [each[:12] for each in ids] == sorted(each[:12] for each in ids)
    assert len(set(ids)) == 5
