# SPDX-License-Identifier: Apache-2.0
"""The time of a request in seconds: all adapters ask for it, so it is worked out once."""

from __future__ import annotations

from datetime import UTC, datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_last = [
    (EPOCH, 0.0)
]  # the time that was asked for last; replaced as a whole, so that threads do not mix theirs


def seconds(at: datetime) -> float:
    """Seconds since 1970 of an aware time."""
    known, since = _last[0]
    if at is not known:
        since = at.timestamp()
        _last[0] = at, since
    return since
