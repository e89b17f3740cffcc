# SPDX-License-Identifier: Apache-2.0
"""What is going on: how much the arms' tags are in the air, from public lists and from operators' signals."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import ClassVar

from adapters.breaker import Breaker
from adapters.fetching import AGENT, Fetched, Fetcher, FetchFailed
from adapters.last_known import LastKnown
from adapters.moment import seconds
from adapters.outbound import checked_url
from adapters.protocol import Field, Purpose, Value
from adapters.signals import Signal, Signals
from adapters.topics import BLOCKED, TAGS, Tags, TopicIndex
from adapters.trend_sources import SOURCES, Mastodon, TrendSource, Wikimedia

STEP_S = 1.0  # answers hold so long
MOST_PLACEMENTS = 1024
NOTHING: Mapping[str, Value] = MappingProxyType({})


class Trends:
    """Reads nothing of a request: the same for all visitors, so it needs nobody's consent.

    Raw topics never become features: only their match with tags that the catalogue already has. `features`
    says it of the best of the tags that come with the request (`topics.TAGS`) and of those that are always
    watched, `match` of any arm's tags.
    """

    name: ClassVar[str] = "trends"
    fields: ClassVar[tuple[Field, ...]] = (
        Field(name="heat", kind="number", unit="match of the best watched tag, 0 to 1"),
        Field(name="tag", kind="category"),
        Field(name="state", kind="category", levels=("fresh", "stale")),
    )
    inputs: ClassVar[Mapping[str, Purpose]] = {}

    def __init__(
        self,
        *,
        sources: Sequence[str] = (),
        tags: Sequence[str] = (),
        block: Sequence[str] = (),
        project: str = "en.wikipedia",
        wikimedia_url: str = "",
        mastodon_url: str = "",
        agent: str = "",
        interval_s: float = 1800.0,
        stale_s: float = 7200.0,
        forget_s: float = 86_400.0,
        allow_private: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the settings.

        Args:
            sources: wikimedia, mastodon; none where only signals count.
            tags: watched for `heat` and `tag` beside those of the placement's arms.
            block: words that keep a topic out, beside the built-in ones.
            project: which Wikipedia.
            wikimedia_url: another address of the same service.
            mastodon_url: of the Mastodon server.
            agent: who asks, with a contact, as Wikimedia demands.
            interval_s: between two fetches.
            stale_s: age from which trends are marked stale.
            forget_s: age from which they no longer count.
            allow_private: whether private, loopback and link-local targets, and plain http, may be asked.
            clock: seconds since 1970.
        """
        for name in sources:
            if name not in SOURCES:
                raise ValueError(f"context.trends.sources: got {name!r}; allowed {', '.join(SOURCES)}")
        for field, url in (("wikimedia_url", wikimedia_url), ("mastodon_url", mastodon_url)):
            if url:
                checked_url(url, field=f"context.trends.{field}", allow_private=allow_private)
        for field, value in (("interval_s", interval_s), ("stale_s", stale_s), ("forget_s", forget_s)):
            if isinstance(value, bool) or not isinstance(value, int | float) or not 60 <= value <= 604_800:
                raise ValueError(f"context.trends.{field}: got {value!r}; allowed 60 to 604800")
        self._sources: dict[str, TrendSource] = {}
        if "wikimedia" in sources:
            self._sources["wikimedia"] = Wikimedia(url=wikimedia_url, project=project)
        if "mastodon" in sources:
            self._sources["mastodon"] = Mastodon(url=mastodon_url)
        named = "@" in agent or "://" in agent
        if (self._sources and not named) or not (agent.isascii() and (agent or AGENT).isprintable()):
            raise ValueError(
                f"context.trends.agent: got {agent!r}; allowed your site with an e-mail or a link"
            )
        self._clock = clock
        self._stale_s, self._forget_s = stale_s, forget_s
        self._blocked = BLOCKED | set(block)
        self.signals = Signals(blocked=self._blocked)
        self.counts: Counter[str] = Counter()
        self.problems: dict[str, str] = {}
        self._breakers = {name: Breaker() for name in self._sources}
        self._known: LastKnown[str, TopicIndex] = LastKnown(
            interval_s=interval_s, most=len(SOURCES), idle_s=2 * forget_s
        )
        self._fetcher = Fetcher(allow_private=allow_private, agent=agent or AGENT)
        self._tags = Tags(tags)
        self._said: dict[object, Mapping[str, Value]] = {}
        self._describe = lru_cache(maxsize=MOST_PLACEMENTS)(self._describe_step)
        self._matched = lru_cache(maxsize=8192)(self._match_step)

    def put_signal(self, name: str, signal: Signal) -> None:
        """Take over what an operator pushes; see `Signals.put`."""
        self.signals.put(name, signal)
        self._forget_answers()

    def drop_signal(self, name: str) -> bool:
        """Forget a signal; whether it was there."""
        dropped = self.signals.drop(name)
        self._forget_answers()
        return dropped

    def match(self, tags: Sequence[str], *, at: datetime) -> float | None:
        """How much an arm's tags are in the air, 0 to 1; None when nobody knows what is."""
        return self._matched(tuple(tags), int(seconds(at) // STEP_S))

    def features(
        self,
        request: Mapping[str, object],
        *,
        at: datetime,
    ) -> Mapping[str, Value]:
        """See `adapters.protocol.Adapter`."""
        return self._describe(request.get(TAGS), int(seconds(at) // STEP_S))

    @property
    def problem(self) -> str:
        """See `adapters.protocol.Adapter`."""
        return "; ".join(f"{name}: {problem}" for name, problem in self.problems.items())

    def why_missing(self, request: Mapping[str, object], *, at: datetime) -> str:
        """See `adapters.protocol.Adapter`."""
        known = self.features(request, at=at)
        if len(known) == len(self.fields):
            return ""
        problems = f"; {self.problem}" if self.problem else ""
        if not known:
            what = "nothing was fetched yet" if self._sources else "no source is configured"
            return f"{what} and no signal was pushed{problems}"
        watched = self._watched(request.get(TAGS))
        return "no watched tag is in the air" if watched else "no arm has tags, and no others are watched"

    async def refresh(self) -> None:
        """Fetch the sources that are due."""
        now = self._clock()
        self.signals.expire(now=now)
        for name in self._sources:
            self._known.ask(name, now=now)
        for name in self._known.due(now=now, most=len(SOURCES)):
            try:
                await self._fetch(name, self._sources[name], self._breakers[name])
            finally:
                self._known.release(name)

    async def _fetch(self, name: str, source: TrendSource, breaker: Breaker) -> None:
        now = self._clock()
        if not breaker.allows(now=now):
            return
        try:
            topics = source.read((await self._first_found(source)).data)
        except (FetchFailed, ValueError) as error:
            failure = error if isinstance(error, FetchFailed) else FetchFailed("unusable")
            self.counts[f"failed_{failure.reason}"] += 1
            self.problems[name] = failure.reason
            breaker.failed(now=self._clock(), retry_after_s=failure.retry_after_s)
            self._known.fail(name, now=self._clock(), retry_after_s=failure.retry_after_s)
            return
        now = self._clock()
        breaker.succeeded()
        self.problems.pop(name, None)
        self.counts["fetched"] += 1
        index = TopicIndex(topics, blocked=self._blocked, until=now + self._forget_s)
        self._known.store(name, index, now=now)
        self._forget_answers()

    async def _first_found(self, source: TrendSource) -> Fetched:
        requests = source.requests(at=datetime.fromtimestamp(self._clock(), UTC))
        for request in requests[:-1]:
            try:
                return await self._fetcher.get(request)
            except FetchFailed as failure:
                if failure.reason != "http_404":
                    raise
        return await self._fetcher.get(requests[-1])

    def _live(self, step: int) -> list[TopicIndex]:
        entries = [self._known.peek(name) for name in self._sources]
        fetched = [entry.value for entry in entries if entry is not None and entry.value is not None]
        return [index for index in [*fetched, *self.signals.indexes()] if index.until > step * STEP_S]

    def _match_step(self, tags: tuple[str, ...], step: int) -> float | None:
        live = self._live(step)
        if not live:
            return None
        return max((index.match(tag) for index in live for tag in tags), default=0.0)

    def _watched(self, tags: object) -> tuple[str, ...]:
        handed = tags.names if isinstance(tags, Tags) else ()
        return tuple(dict.fromkeys((*handed, *self._tags.names)))

    def _describe_step(self, tags: object, step: int) -> Mapping[str, Value]:
        live = self._live(step)
        if not live:
            return NOTHING
        heats = {tag: max(index.match(tag) for index in live) for tag in self._watched(tags)}
        best = max(heats, key=lambda tag: heats[tag], default="")
        known: dict[str, Value] = {"state": "stale" if self._is_stale(step) else "fresh"}
        known["heat"] = heats.get(best, 0.0)
        if known["heat"]:
            known["tag"] = best
        # What has not changed stays the same object, so that nobody has to look at it anew.
        last = self._said.get(tags)
        if last != known:
            if len(self._said) >= MOST_PLACEMENTS:
                self._said.clear()
            last = self._said[tags] = MappingProxyType(known)
        return last

    def _is_stale(self, step: int) -> bool:
        """Every fetched source is old; signals are as fresh as operators say."""
        fetched = [entry for name in self._sources if (entry := self._known.peek(name)) and entry.value]
        return bool(fetched) and all(step * STEP_S - entry.known_at > self._stale_s for entry in fetched)

    def _forget_answers(self) -> None:
        self._describe.cache_clear()
        self._matched.cache_clear()
