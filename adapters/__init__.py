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
from adapters.protocol import Adapter, Field, Purpose, Value

ADAPTERS: dict[str, type[Any]] = {
    Device.name: Device,
    Daytime.name: Daytime,
}

NO_SETTINGS: Mapping[str, Mapping[str, object]] = {}


def build(
    names: Iterable[str], *, settings: Mapping[str, Mapping[str, object]] = NO_SETTINGS
) -> list[Adapter]:
    """Make the named adapters, each with its own settings.

    Raises: ValueError on an unknown name or setting, or a setting that an adapter refuses.
    """
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in ADAPTERS:
            raise ValueError(f"context: got {name!r}; allowed {', '.join(ADAPTERS)}")
    for name in settings:
        if name not in ADAPTERS:
            raise ValueError(f"context settings: got {name!r}; allowed {', '.join(ADAPTERS)}")
    return [_make(name, settings.get(name, {})) for name in wanted]


def _make(name: str, settings: Mapping[str, object]) -> Adapter:
    allowed = list(inspect.signature(ADAPTERS[name]).parameters)
    for setting in settings:
        if setting not in allowed:
            raise ValueError(f"context.{name}: got {setting!r}; allowed {', '.join(allowed)}")
    adapter: Adapter = ADAPTERS[name](**settings)
    return adapter


__all__ = ["ADAPTERS", "Adapter", "Field", "Purpose", "Value", "build"]
