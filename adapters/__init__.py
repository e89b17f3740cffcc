# SPDX-License-Identifier: Apache-2.0
"""Context sources, one file each, switched on per placement by their names in `ADAPTERS`.

    from adapters import build

    for adapter in build(["device", "daytime"]):
        known = adapter.features({"device": {"user_agent": "..."}}, at=datetime.now(UTC))

An adapter reads memory only while a request waits; `refresh` brings its caches up to date in the background.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from adapters.daytime import Daytime
from adapters.device import Device
from adapters.holidays import Holidays
from adapters.location import Location
from adapters.place import Places, StatedPlaces
from adapters.protocol import Adapter, Field, Purpose, Value
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
PLACES = "places"  # the parameter by which an adapter asks for places
INJECTED = (PLACES, "clock")  # parameters that are no settings


def build(
    names: Iterable[str], *, settings: Mapping[str, Mapping[str, object]] = NO_SETTINGS
) -> list[Adapter]:
    """Make the named adapters, each with its own settings, all knowing places through one `Location`.

    Settings for `location` count even where it is not named: weather may follow places that are no features.

    Raises: ValueError on an unknown name or setting, or a setting that an adapter refuses.
    """
    wanted = list(dict.fromkeys(names))
    for what, given in (("context", wanted), ("context settings", settings)):
        for name in given:
            if name not in ADAPTERS:
                raise ValueError(f"{what}: got {name!r}; allowed {', '.join(ADAPTERS)}")
    location: Location | None = None
    if Location.name in wanted or Location.name in settings:
        location = _make(Location, settings.get(Location.name, {}), places=None)
    places = location or StatedPlaces()
    return [
        location
        if location is not None and name == Location.name
        else _make(ADAPTERS[name], settings.get(name, {}), places=places)
        for name in wanted
    ]


def _make(kind: type[Any], settings: Mapping[str, object], *, places: Places | None) -> Any:
    parameters = inspect.signature(kind).parameters
    allowed = [name for name in parameters if name not in INJECTED]
    for setting in settings:
        if setting not in allowed:
            raise ValueError(f"context.{kind.name}: got {setting!r}; allowed {', '.join(allowed)}")
    return kind(**settings, **({PLACES: places} if PLACES in parameters else {}))


__all__ = ["ADAPTERS", "Adapter", "Field", "Purpose", "Value", "build"]
