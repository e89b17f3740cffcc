# SPDX-License-Identifier: Apache-2.0
"""The context sources of a whole service: each adapter exists once, however many placements it feeds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from adapters import NO_SETTINGS, build, check_names, locator
from adapters.consent import ConsentRules
from adapters.enrich import NO_RULES, Enricher
from adapters.place import Places, StatedPlaces
from adapters.protocol import Adapter
from adapters.timezones import timezones
from adapters.trends import Trends


class Sources:
    """Makes adapters when they are first needed; so there is one weather call a cell, whoever asks.

    Args:
        settings: by adapter; the operator's, the same for all placements.
        rules: of consent.
        clock: seconds since 1970, by which what was fetched grows old.

    Raises: ValueError on an unknown adapter or setting among the settings.
    """

    def __init__(
        self,
        *,
        settings: Mapping[str, Mapping[str, object]] = NO_SETTINGS,
        rules: ConsentRules = NO_RULES,
        clock: Callable[[], float] = time.time,
    ) -> None:
        check_names(settings, what="context settings")
        self._settings = settings
        self._rules = rules
        self._clock = clock
        self._made: dict[str, Adapter] = {}
        self._enrichers: dict[tuple[str, ...], Enricher] = {}
        self._stated = StatedPlaces()
        self._located: Places | None = None
        timezones()  # six hundred files, for which the first visitor would wait
        for name in settings:  # a bad setting is found at the start, not by the first placement that needs it
            self._adapter(name)

    @property
    def adapters(self) -> list[Adapter]:
        """All that have been made so far: these want to be refreshed."""
        return list(self._made.values())

    def enricher(self, names: Iterable[str]) -> Enricher:
        """The context of a placement that switches these adapters on.

        Raises: ValueError on an unknown name, or an adapter that cannot work as it is set.
        """
        wanted = tuple(dict.fromkeys(names))
        found = self._enrichers.get(wanted)
        if found is None:
            check_names(wanted, what="context")
            adapters = [self._adapter(name) for name in wanted]
            located = "location" in wanted or "location" in self._settings
            places = self._places() if located else self._stated
            found = self._enrichers[wanted] = Enricher(adapters, places=places, rules=self._rules)
        return found

    def trends(self) -> Trends:
        """What matches tags with what is in the air, made if no placement has asked for it yet."""
        found: Any = self._adapter(Trends.name)
        trends: Trends = found
        return trends

    def _adapter(self, name: str) -> Adapter:
        if name not in self._made:
            places = self._places() if name == "location" else self._stated
            # The enricher hands each request's place on, so the adapters' own places hardly matter.
            (self._made[name],) = build([name], settings=self._settings, places=places, clock=self._clock)
        return self._made[name]

    def _places(self) -> Places:
        if self._located is None:
            self._located = locator(["location"], settings=self._settings)
        return self._located
