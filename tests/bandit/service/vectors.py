# SPDX-License-Identifier: Apache-2.0
"""A program that prints what all adapters know about a fixed set of requests, and the vectors they become.

python vectors.py CALENDAR
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any

import orjson

from adapters import ADAPTERS
from adapters.sources import Sources
from bandit.core.catalogue import parse_placement
from bandit.core.features import Encoder
from bandit.service.context import Context

COUNTRIES = ("DE", "US", "TR", "TH", "UA", "CA")
MOMENTS = (
    datetime(2026, 12, 25, 0, 30, tzinfo=UTC),
    datetime(2026, 11, 1, 6, 30, tzinfo=UTC),
    datetime(2026, 1, 1, 23, 45, tzinfo=UTC),
)
REQUESTS: list[dict[str, Any]] = [
    {},
    {"time_zone": "localtime", "I": "İstanbul ILI", "seg": ["vip", "new", "7"], "price": 7},
    {"location": {"latitude": -33.9, "longitude": 151.2, "city": "İZMİR"}},
    {"location": {"country": "TR", "city": "IĞDIR", "time_zone": "Europe/Istanbul"}},
    {"device": {"user_agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)"}},
    {"device": {"client_hints": {"SEC-CH-UA-PLATFORM": '"WINDOWS"', "Sec-CH-UA": '"MICROSOFT EDGE"'}}},
    *({"location": {"country": country}, "page": {"title": f"in {country}"}} for country in COUNTRIES),
]


async def _main(calendar: str) -> None:
    clock = MOMENTS[0].timestamp
    settings = {"holidays": {"countries": COUNTRIES, "calendars": {"promos": calendar}}}
    context = Context(Sources(settings=settings, clock=clock))
    placement = parse_placement({"context": list(ADAPTERS), "arms": {"a": {"features": {"tags": "indie"}}}})
    encoder = Encoder(placement.features, context.declared(placement))
    for adapter in context.sources.adapters:
        await adapter.refresh()
    for request in REQUESTS:
        for moment in MOMENTS:
            situation = context.known(placement, request, at=moment.timestamp())
            vector = encoder.encode([situation.known]).tobytes().hex()
            sys.stdout.buffer.write(orjson.dumps([situation.known, situation.sources, vector]) + b"\n")


if __name__ == "__main__":
    asyncio.run(_main(sys.argv[1]))
