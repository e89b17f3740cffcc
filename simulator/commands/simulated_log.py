# SPDX-License-Identifier: Apache-2.0
"""The log of a simulated season, written as `slotwise export` writes a real one, with the truth beside it."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import orjson

from bandit.commands.exports.joined import joined
from bandit.commands.exports.jsonl import jsonl
from bandit.core.events import AnyEvent, Changed
from bandit.log.base import Record
from bandit.log.index import about
from simulator.simulation.play import NAME, play
from simulator.simulation.season import Season, Task
from simulator.worlds.table import build_world


class Kept:
    """Events of a season, readable as the export reads a log."""

    def __init__(self) -> None:
        self._records: list[Record] = []
        self._about: dict[str, list[Record]] = {}

    def add(self, position: int, event: AnyEvent) -> None:
        """Take the next event."""
        record = Record(position, event)
        self._records.append(record)
        decision = about(event)
        if decision is not None:
            self._about.setdefault(decision, []).append(record)

    @property
    def head(self) -> int:
        """Position of the newest record."""
        return len(self._records)

    def read(self, after: int, *, limit: int) -> list[Record]:
        """The records that follow position `after`, at most `limit`."""
        return self._records[after : after + limit]

    def history(self, decision: str) -> list[Record]:
        """Every record about a decision, in order."""
        return self._about.get(decision, [])

    def changes(self, after: int, *, limit: int) -> list[Record]:
        """The changes made by people that follow position `after`, at most `limit`."""
        changed = (record for record in self._records[after:] if isinstance(record.event, Changed))
        return list(islice(changed, limit))


def write_log(path: Path, task: Task) -> Season:
    """Play a task and write its log: a line a decision, each with `truth`, the rates of its arms."""
    kept = Kept()
    season = play(task, keep=kept.add)
    episode = build_world(task.world).episode(seed=task.seed, rounds=task.rounds)
    column = {arm: i for i, arm in enumerate(episode.placement.arms)}
    part = path.with_name(f"{path.name}.part")
    with part.open("wb") as file:
        round_ = 0
        for _, decision in joined(kept, only=frozenset({NAME})):
            if decision is None:
                continue
            rates = episode.rates[round_, [column[arm] for arm in decision.decided.arms]]
            line = orjson.loads(jsonl(decision)) | {"truth": rates.tolist()}
            file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
            round_ += 1
    part.replace(path)
    return season
