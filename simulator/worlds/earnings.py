# SPDX-License-Identifier: Apache-2.0
"""What pages were expected to earn, beside what the best pages for the same visitors would have."""

from __future__ import annotations

import msgspec


class Earnings(msgspec.Struct):
    """Sums over pages: how many, slots in them, expected clicks as shown, and of the best pages."""

    pages: int = 0
    slots: int = 0
    shown: float = 0.0
    best: float = 0.0

    def add(self, slots: int, *, shown: float, best: float) -> None:
        """Count one page."""
        self.pages += 1
        self.slots += slots
        self.shown += shown
        self.best += best

    @property
    def rate(self) -> float | None:
        """Expected clicks per slot shown; None before there is one."""
        return self.shown / self.slots if self.slots else None

    @property
    def oracle(self) -> float | None:
        """What the oracle's rate would have been; None before there is a slot."""
        return self.best / self.slots if self.slots else None

    @property
    def share(self) -> float | None:
        """What was earned, of what the oracle would have; None before there is anything to earn."""
        return self.shown / self.best if self.best else None
