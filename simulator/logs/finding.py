# SPDX-License-Identifier: Apache-2.0
"""One thing that is wrong with a log."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong.

    Args:
        name: what, as a stable word.
        count: in how many rows.
        example: the first of them, in words.
        dropped: whether those rows are left out of estimates.
    """

    name: str
    count: int
    example: str
    dropped: bool
