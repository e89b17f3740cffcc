# SPDX-License-Identifier: Apache-2.0
"""The weather where the visitor is: fetched by cell in the background, the last known while that fails."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import ClassVar

from adapters.answer import Nothing
from adapters.breaker import Breaker
from adapters.fetching import AGENT, Fetcher, FetchFailed, Request
from adapters.last_known import Entry, LastKnown
from adapters.moment import seconds
from adapters.outbound import checked_url
from adapters.place import Place, Places, StatedPlaces
from adapters.protocol import Field, Purpose, Value
from adapters.rate import RateLimit
from adapters.weather_providers import CONDITIONS, PROVIDERS, Observation, Provider
from adapters.weather_settings import WeatherSettings

AT_ONCE = 4  # fetches side by side
A_TURN = 64  # fetches in one refresh; what is left is due in the next
AGE_STEP_MIN = 5
LONGEST_ANSWER_BYTES = 131_072  # thrice what the some ninety entries of met.no take

Cell = tuple[int, int]
OFF, NO_PLACE = Nothing("off"), Nothing("no_place")
NOT_FETCHED, FORGOTTEN = Nothing("not_fetched"), Nothing("forgotten")


@dataclass(slots=True)
class Report:
    """An observation, what the next fetch needs, and the fields made of it so far by state and age."""

    observation: Observation
    modified: str
    views: dict[tuple[str, int], Mapping[str, Value]] = field(default_factory=dict)


class Weather:
    """Reads the place of a request; off without a provider.

    `features` looks into memory and notes that the cell is wanted; only `refresh` asks the provider, for each
    cell once an interval.
    """

    name: ClassVar[str] = "weather"
    fields: ClassVar[tuple[Field, ...]] = (
        Field(name="temp_c", kind="number", low=-30.0, high=45.0, unit="°C", purpose="location"),
        Field(name="feels_c", kind="number", low=-40.0, high=50.0, unit="°C", purpose="location"),
        Field(name="precipitation_mm", kind="number", high=20.0, unit="mm in an hour", purpose="location"),
        Field(name="wind_ms", kind="number", high=30.0, unit="m/s", purpose="location"),
        Field(name="condition", kind="category", levels=CONDITIONS, purpose="location"),
        Field(name="state", kind="category", levels=("fresh", "stale", "out_of_range"), purpose="location"),
        Field(name="age_min", kind="number", high=360.0, unit="minutes since the fetch", purpose="location"),
    )
    inputs: ClassVar[Mapping[str, Purpose]] = {"location": "location", "time_zone": "location"}

    def __init__(
        self,
        *,
        provider: str = "",
        url: str = "",
        key: str = "",
        agent: str = "",
        interval_s: float = 900.0,
        stale_s: float = 3600.0,
        forget_s: float = 21_600.0,
        grid_deg: float = 0.25,
        most_cells: int = 512,
        timeout_s: float = 5.0,
        allow_private: bool = False,
        places: Places | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the settings; see `adapters.weather_settings` for what they mean.

        Args:
            places: tells the place of a request; else what the caller states.
            clock: seconds since 1970.
        """
        self.settings = WeatherSettings(
            provider=provider,
            url=url,
            key=key,
            agent=agent,
            interval_s=interval_s,
            stale_s=stale_s,
            forget_s=forget_s,
            grid_deg=grid_deg,
            most_cells=most_cells,
            timeout_s=timeout_s,
            allow_private=allow_private,
        )
        self._places = StatedPlaces() if places is None else places
        self._clock = clock
        self._counted: Counter[str] = Counter()
        self._fresh = 0  # counted apart, for nearly every request is
        self.problem = ""
        self._cells: LastKnown[Cell, Report] = LastKnown(
            interval_s=interval_s, most=most_cells, idle_s=2 * forget_s
        )
        self._provider: Provider | None = PROVIDERS[provider]() if provider else None
        if self._provider is not None:
            self._url = checked_url(
                url or self._provider.url, field="context.weather.url", allow_private=allow_private
            )
            self._breaker = Breaker()
            self._rate = RateLimit(per_minute=self._provider.per_minute, per_day=self._provider.per_day)
            self._fetcher = Fetcher(
                allow_private=allow_private,
                timeout_s=timeout_s,
                max_bytes=LONGEST_ANSWER_BYTES,
                agent=agent or AGENT,
            )

    def features(self, request: Mapping[str, object], *, at: datetime) -> Mapping[str, Value]:
        """See `adapters.protocol.Adapter`."""
        if self._provider is None:
            return OFF
        cell = self._cell(self._places.place(request))
        if cell is None:
            self._counted["no_place"] += 1
            return NO_PLACE
        entry = self._cells.ask(cell, now=self._clock())
        return self._view(entry, now=seconds(at))

    @property
    def counts(self) -> Counter[str]:
        """How often a request found which state, and how the fetches went, up to now."""
        return self._counted + Counter(fresh=self._fresh)

    def why_missing(self, request: Mapping[str, object], *, at: datetime) -> str:
        """See `adapters.protocol.Adapter`."""
        if self._provider is None:
            return "no weather provider is configured"
        cell = self._cell(self._places.place(request))
        if cell is None:
            return "the coordinates of the request are not known"
        entry = self._cells.peek(cell)
        problem = f"; last problem: {self.problem}" if self.problem else ""
        if entry is None or entry.value is None:
            return f"the weather of the cell has not been fetched yet{problem}"
        known = self.features(request, at=at)
        if not known:
            return f"what was known of the cell is too old{problem}"
        if len(known) == len(self.fields):
            return ""
        left_out = ", ".join(entry.value.observation.implausible) or "some fields"
        return f"{self._provider.name} gave no plausible value of {left_out}"

    async def refresh(self) -> None:
        """Fetch the cells that are due, a few side by side, as far as breaker and rate allow."""
        if self._provider is None:
            return
        waiting = deque(self._cells.due(now=self._clock(), most=A_TURN))
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(AT_ONCE, len(waiting))):
                    group.create_task(self._work_off(waiting, self._provider))
        finally:
            for cell in waiting:
                self._cells.release(cell)

    async def _work_off(self, waiting: deque[Cell], provider: Provider) -> None:
        while waiting:
            now = self._clock()
            if self._breaker.state(now=now) == "open":
                return
            if not self._rate.take(now=now):
                self._counted["rate_limited"] += 1
                return
            if not self._breaker.allows(now=now):
                return
            cell = waiting.popleft()
            try:
                await self._fetch(cell, provider)
            finally:
                self._cells.release(cell)

    async def _fetch(self, cell: Cell, provider: Provider) -> None:
        entry = self._cells.peek(cell)
        old = entry.value if entry is not None else None
        grid = self.settings.grid_deg
        asked = provider.request(
            url=self._url, key=self.settings.key, latitude=cell[0] * grid, longitude=cell[1] * grid
        )
        if old is not None and old.modified:
            asked = Request(url=asked.url, params=asked.params, headers={"If-Modified-Since": old.modified})
        try:
            got = await self._fetcher.get(asked)
            if got.status == 304 and old is not None and old.modified:
                report = Report(old.observation, old.modified)
            else:
                report = Report(provider.read(got.data, now=self._clock()), got.modified)
        except (FetchFailed, ValueError) as error:
            self._failed(cell, error if isinstance(error, FetchFailed) else FetchFailed("unusable"))
            return
        self._breaker.succeeded()
        self.problem = ""
        self._counted["fetched"] += 1
        self._counted["deprecated"] += got.status == 203
        self._cells.store(cell, report, now=self._clock(), fresh_s=got.fresh_s)

    def _failed(self, cell: Cell, error: FetchFailed) -> None:
        now = self._clock()
        self.problem = error.reason
        self._counted[f"failed_{error.reason}"] += 1
        self._breaker.failed(now=now, retry_after_s=error.retry_after_s)
        self._cells.fail(cell, now=now, retry_after_s=error.retry_after_s)

    def _cell(self, place: Place) -> Cell | None:
        if place.latitude is None or place.longitude is None:
            return None
        grid = self.settings.grid_deg
        return round(place.latitude / grid), round(place.longitude / grid)

    def _view(self, entry: Entry[Report], *, now: float) -> Mapping[str, Value]:
        report = entry.value
        age_s = abs(
            now - entry.known_at
        )  # an hour ahead of the observation is as far from it as an hour behind
        if report is None or age_s > self.settings.forget_s:
            nothing = NOT_FETCHED if report is None else FORGOTTEN
            self._counted[nothing.state] += 1
            return nothing
        state = "fresh"
        if age_s > self.settings.stale_s:
            state = "stale"
        elif report.observation.implausible:
            state = "out_of_range"
        if state == "fresh":
            self._fresh += 1
        else:
            self._counted[state] += 1
        key = (state, int(age_s / 60) // AGE_STEP_MIN)
        view = report.views.get(key)
        if view is None:
            view = report.views[key] = _describe(
                report.observation, state=state, age_min=key[1] * AGE_STEP_MIN
            )
        return view


def _describe(observation: Observation, *, state: str, age_min: int) -> Mapping[str, Value]:
    known: dict[str, Value] = {"condition": observation.condition, "state": state}
    numbers = {**observation._asdict(), "age_min": float(age_min)}
    for declared in Weather.fields:
        value = numbers.get(declared.name)
        if declared.kind == "number" and value is not None:
            known[declared.name] = min(max(value, declared.low), declared.high)
    return MappingProxyType(known)
