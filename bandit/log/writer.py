# SPDX-License-Identifier: Apache-2.0
"""The one thread that writes: takes all that wait, commits it as a group, tells the event loop."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Callable, Sequence
from itertools import groupby
from queue import Empty, SimpleQueue
from threading import Thread
from typing import NamedTuple

from bandit.errors import SlotwiseError
from bandit.log.base import Proposal, Record, Snapshot
from bandit.log.tail import Outcome, Tail


class Append(NamedTuple):
    """A proposal that waits for its group."""

    proposal: Proposal
    future: Future[Sequence[Record]]


class Save(NamedTuple):
    """A snapshot that waits to be kept."""

    snapshot: Snapshot
    future: Future[None]


class Stop(NamedTuple):
    """Ends the thread once all before it is done."""


Job = Append | Save | Stop


class Writer:
    """Runs `tail` in a thread.

    Args:
        appended: called in that thread after each group with its jobs and their outcomes, in order.
        saved: the same after a snapshot, with the error or None.
        group: most proposals that share a commit.
    """

    def __init__(
        self,
        tail: Tail,
        *,
        appended: Callable[[list[Append], list[Outcome]], None],
        saved: Callable[[Save, SlotwiseError | None], None],
        group: int,
    ) -> None:
        self._tail = tail
        self._appended = appended
        self._saved = saved
        self._group = group
        self._queue: SimpleQueue[Job] = SimpleQueue()
        # A daemon: a process that dies without closing the log must not hang on it.
        self._thread = Thread(target=self._run, name="slotwise-log", daemon=True)
        self._thread.start()

    def put(self, job: Job) -> None:
        """Hand over a job."""
        self._queue.put(job)

    def join(self) -> None:
        """Wait until the thread has ended, which a Stop makes it do."""
        self._thread.join()

    def _run(self) -> None:
        while True:
            for kind, jobs in groupby(self._take(), key=type):
                if kind is Stop:
                    return
                self._work(list(jobs))

    def _take(self) -> list[Job]:
        jobs = [self._queue.get()]
        try:
            while len(jobs) < self._group:
                jobs.append(self._queue.get_nowait())
        except Empty:
            pass
        return jobs

    def _work(self, jobs: list[Job]) -> None:
        appends = [job for job in jobs if isinstance(job, Append)]
        if appends:
            self._appended(appends, self._tail.commit([job.proposal for job in appends]))
        for job in jobs:
            if isinstance(job, Save):
                self._saved(job, self._save(job.snapshot))

    def _save(self, snapshot: Snapshot) -> SlotwiseError | None:
        try:
            self._tail.save(snapshot)
        except SlotwiseError as error:
            return error
        return None
