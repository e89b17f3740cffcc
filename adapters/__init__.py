# SPDX-License-Identifier: Apache-2.0
"""Context sources, one file each, switched on per placement by their names in `ADAPTERS`.

    from adapters.sources import Sources

    sources = Sources(settings={"location": {"database": "city.mmdb"}})
    context = sources.enricher(["device", "daytime", "location"])
    context.known({"device": {"user_agent": "..."}}, at=datetime.now(UTC)).values

An adapter reads memory only while a request waits; `refresh` brings its caches up to date in the background,
again and again by `adapters.refreshing.keep_fresh`.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from adapters.daytime import Daytime
from adapters.device import Device
from adapters.holidays import Holidays
from adapters.location import Location
from adapters.place import Places, StatedPlaces
from adapters.protocol import Adapter, Field, Purpose, Value
from adapters.settings import INJECTED, settings_of
from adapters.trends import Trends
from adapters.weather import Weather

ADAPTERS: dict[str, type[Any]] = {
    Device.name: Device,
    Daytime.name: Daytime,
    Location.name: Location,
    Weather.name: Weather,
    Holidays.name: Holidays,
    Trends.name: Trends,
}

NO_SETTINGS: Mapping[str, Mapping[str, object]] = {}


def build(
    names: Iterable[str],
    *,
    settings: Mapping[str, Mapping[str, object]] = NO_SETTINGS,
    places: Places | None = None,
    clock: Callable[[], float] = time.time,
) -> list[Adapter]:
    """Make the named adapters, each with its own settings, all knowing places through one `Places`.

    Args:
        places: as made by `locator`, which is asked where it is None.
        clock: seconds since 1970, by which what was fetched grows old.

    Raises: ValueError on an unknown name or setting, or a setting that an adapter refuses.
    """
    wanted = list(dict.fromkeys(names))
    check_names(wanted, what="context")
    check_names(settings, what="context settings")
    known_places = locator(wanted, settings=settings) if places is None else places
    return [
        known_places
        if name == Location.name and isinstance(known_places, Location)
        else _make(ADAPTERS[name], settings.get(name, {}), places=known_places, clock=clock)
        for name in wanted
    ]


def locator(names: Iterable[str], *, settings: Mapping[str, Mapping[str, object]] = NO_SETTINGS) -> Places:
    """Make what tells the adapters where a request comes from.

    Settings for `location` count even where it is not named: weather may follow places that are no features.

    Raises: as `build`.
    """
    wanted = list(names)
    check_names(wanted, what="context")
    check_names(settings, what="context settings")
    if Location.name not in wanted and Location.name not in settings:
        return StatedPlaces()
    places: Places = _make(Location, settings.get(Location.name, {}))
    return places


def check_names(names: Iterable[str], *, what: str) -> None:
    """Raises: ValueError on a name that no adapter has."""
    for name in names:
        if name not in ADAPTERS:
            raise ValueError(f"{what}: got {name!r}; allowed {', '.join(ADAPTERS)}")


def _make(kind: type[Any], settings: Mapping[str, object], **injected: object) -> Any:
    allowed = list(settings_of(kind))
    for setting in settings:
        if setting not in allowed:
            raise ValueError(f"context.{kind.name}: got {setting!r}; allowed {', '.join(allowed)}")
    wanted = inspect.signature(kind).parameters
    return kind(**settings, **{name: value for name, value in injected.items() if name in wanted})


__all__ = ["ADAPTERS", "INJECTED", "Adapter", "Field", "Purpose", "Value", "build", "check_names", "locator"]
