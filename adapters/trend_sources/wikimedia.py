# SPDX-License-Identifier: Apache-2.0
"""The most viewed pages of a Wikipedia (Wikimedia pageviews API, top)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from adapters.answers import at_path, number
from adapters.fetching import Request
from adapters.trend_sources.trend import Topics, weighted

URL = "https://wikimedia.org/api/rest_v1/metrics/pageviews/top"
PROJECT = re.compile(r"[a-z][a-z-]{1,20}\.(wikipedia|wikinews|wikivoyage)")
# Pages that are always at the top and say nothing: the main page, and every namespace.
NOT_A_TOPIC = ("Main_Page", "Hauptseite", "-")


class Wikimedia:
    """Yesterday's pages, in UTC; in the first hours of a day those of the day before."""

    name: ClassVar[str] = "wikimedia"
    attribution: ClassVar[str] = "Page views by the Wikimedia Foundation, CC0"

    def __init__(self, *, url: str, project: str) -> None:
        """Args: url: empty for Wikimedia's own; project: which Wikipedia, e.g. de.wikipedia."""
        if not PROJECT.fullmatch(project):
            raise ValueError(f"context.trends.project: got {project!r}; allowed names like en.wikipedia")
        self._url = f"{(url or URL).rstrip('/')}/{project}/all-access"

    def requests(self, *, at: datetime) -> Sequence[Request]:
        """See `TrendSource`."""
        days = (at - timedelta(days=1), at - timedelta(days=2))
        return [Request(url=f"{self._url}/{day:%Y/%m/%d}") for day in days]

    def read(self, data: object) -> Topics:
        """See `TrendSource`."""
        articles = at_path(data, "items", 0, "articles")
        found = []
        for article in articles if isinstance(articles, list) else ():
            title, views = at_path(article, "article"), number(at_path(article, "views"))
            if isinstance(title, str) and views is not None and ":" not in title and title not in NOT_A_TOPIC:
                found.append((title.replace("_", " "), views))
        return weighted(found)
