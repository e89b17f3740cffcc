# SPDX-License-Identifier: Apache-2.0
"""What a format of the export is."""

from __future__ import annotations

from typing import Protocol

from bandit.commands.exports.joined import JoinedDecision


class Format(Protocol):
    """Writes a decision as the bytes of one line, line break included."""

    def __call__(self, joined: JoinedDecision) -> bytes | None:
        """None when the format cannot say it; the decision is then left out and counted."""
        ...
