# SPDX-License-Identifier: Apache-2.0
"""The IANA time zones, all read before the first request: looking one up touches no disk."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from zoneinfo import ZoneInfo, available_timezones

# On some systems a file beside the zones that stands for the server's own: no zone of a visitor.
OF_THE_SERVER = "localtime"


@lru_cache(maxsize=1)
def timezones() -> Mapping[str, ZoneInfo]:
    """Every zone by its name, from the operating system or else the tzdata package."""
    return {name: ZoneInfo(name) for name in sorted(available_timezones() - {OF_THE_SERVER})}
