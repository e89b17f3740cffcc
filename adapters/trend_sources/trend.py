# SPDX-License-Identifier: Apache-2.0
"""What a source of trends is: where it asks, and how it reads the answer as topics with weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar, Protocol

from adapters.fetching import Request

MOST_TOPICS = 200
LONGEST_TOPIC = 100

Topics = Mapping[str, float]  # name -> weight, 0 to 1


class TrendSource(Protocol):
    """A public list of what people look at now."""

    name: ClassVar[str]
    attribution: ClassVar[str]

    def requests(self, *, at: datetime) -> Sequence[Request]:
        """What to ask, in this order, until one is not answered with 404."""
        ...

    def read(self, data: object) -> Topics:
        """Reduce the answer.

        Raises: ValueError when it is not of the documented shape.
        """
        ...


def weighted(counted: Iterable[tuple[str, float]]) -> Topics:
    """The topics with the highest counts, weighted by their share of the highest.

    Raises: ValueError when there is none.
    """
    ranked = sorted(counted, key=lambda topic: -topic[1])[:MOST_TOPICS]
    if not ranked or ranked[0][1] <= 0:
        raise ValueError("no topic in the answer")
    return {name[:LONGEST_TOPIC]: max(count, 0.0) / ranked[0][1] for name, count in reversed(ranked)}
