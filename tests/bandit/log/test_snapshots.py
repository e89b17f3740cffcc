# SPDX-License-Identifier: Apache-2.0
"""Snapshots: what every log promises about them."""

from __future__ import annotations

from typing import Any

from bandit.log.base import Snapshot


async def test_the_newest_snapshot_comes_back(log: Any, events: Any) -> None:
    """The snapshot with the highest position is the newest, whatever came last."""
    await log.append(events.just(*(events.decided(f"d{n}") for n in range(5))))
    for position in (2, 5, 4):
        await log.save(Snapshot(position, b"state %d" % position))
    assert log.newest() == Snapshot(5, b"state 5")


async def test_a_snapshot_of_the_same_position_is_replaced(log: Any, events: Any) -> None:
    """Saving again at a position keeps the later data."""
    await log.append(events.just(events.decided("d")))
    await log.save(Snapshot(1, b"first"))
    await log.save(Snapshot(1, b"second"))
    assert log.newest() == Snapshot(1, b"second")


async def test_a_snapshot_of_nothing_is_one(log: Any) -> None:
    """Empty data at position 0 is a snapshot too."""
    await log.save(Snapshot(0, b""))
    assert log.newest() == Snapshot(0, b"")
