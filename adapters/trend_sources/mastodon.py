# SPDX-License-Identifier: Apache-2.0
"""The trending tags of a Mastodon server."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from adapters.answers import at_path
from adapters.fetching import Request
from adapters.trend_sources.trend import Topics, weighted

DAYS = 2  # today has only begun: yesterday counts as well
INNER_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Mastodon:
    """The server is the operator's choice; public, without a key."""

    name: ClassVar[str] = "mastodon"
    attribution: ClassVar[str] = "Trending tags of the chosen Mastodon server, under its own terms"

    def __init__(self, *, url: str) -> None:
        """Args: url: of the server, e.g. https://mastodon.social."""
        if not url:
            raise ValueError(
                "context.trends.mastodon_url: got none; allowed the address of a Mastodon server"
            )
        self._url = f"{url.rstrip('/')}/api/v1/trends/tags"

    def requests(self, *, at: datetime) -> Sequence[Request]:  # noqa: ARG002 (it is always now)
        """See `TrendSource`."""
        return [Request(url=self._url, params={"limit": "20"})]

    def read(self, data: object) -> Topics:
        """See `TrendSource`."""
        found = []
        for tag in data if isinstance(data, list) else ():
            name, history = at_path(tag, "name"), at_path(tag, "history")
            if isinstance(name, str) and isinstance(history, list):
                uses = sum(_count(at_path(day, "uses")) for day in history[:DAYS])
                found.append((INNER_CAPITAL.sub(" ", name), float(uses)))
        return weighted(found)


def _count(value: object) -> int:
    """Numbers come as strings."""
    return (
        int(value)
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 12
        else 0
    )
