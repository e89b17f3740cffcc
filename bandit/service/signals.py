# SPDX-License-Identifier: Apache-2.0
"""Signals: what operators say is in the air. Logged like every change, and handed to the trends adapter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

from adapters import signals
from adapters.sources import Sources
from bandit.core.decoding import shorten
from bandit.core.events import SignalDropped, SignalPut
from bandit.core.state import Signal
from bandit.errors import Invalid, NotFound
from bandit.service.live import Live


class Signals:
    """The signals of the state; `by` is the id of the key that asked for a change."""

    def __init__(self, live: Live, sources: Sources, clock: Callable[[], float]) -> None:
        self._live = live
        self._sources = sources
        self._clock = clock
        self._one_at_a_time = asyncio.Lock()
        self._handed: Mapping[str, Signal] = {}
        self.hand_over()

    def live(self) -> dict[str, Signal]:
        """Those that count now, by name."""
        now = self._clock()
        return {name: each for name, each in self._live.state.signals.items() if each.until > now}

    async def put(self, name: str, topics: object, *, ttl_s: object, by: str) -> bool:
        """Say what is in the air for so many seconds; returns whether the name is new.

        Raises:
            Invalid: a name, topic, weight or time that is not allowed.
        """
        async with self._one_at_a_time:
            now, live = self._clock(), self.live()
            try:
                signal = signals.checked(name, topics, ttl_s=ttl_s, now=now, live=live)
            except ValueError as error:
                raise Invalid(str(error), field=str(error).partition(":")[0]) from None
            event = SignalPut(at=now, by=by, name=name, topics=dict(signal.topics), until=signal.until)
            await self._live.change([event])
            self.hand_over()
        return name not in live

    async def drop(self, name: str, *, by: str) -> None:
        """Take a signal back.

        Raises:
            NotFound: none of that name counts now.
        """
        async with self._one_at_a_time:
            if name not in self.live():
                raise NotFound(
                    f"signal: got {shorten(name)}; there is no such signal now",
                    code="signal_not_found",
                    field="name",
                )
            await self._live.change([SignalDropped(at=self._clock(), by=by, name=name)])
            self.hand_over()

    def hand_over(self) -> None:
        """Let the trends adapter know what the state holds; it costs nothing when that is still the same."""
        now = self._live.state.signals
        if now is self._handed:
            return
        trends = self._sources.trends()
        for name in self._handed.keys() - now.keys():
            trends.drop_signal(name)
        for name, each in now.items():
            if self._handed.get(name) != each:
                trends.put_signal(name, signals.Signal(each.topics, each.until))
        self._handed = now
