# SPDX-License-Identifier: Apache-2.0
"""Whether the process is about to stop: then clients are asked to connect anew, elsewhere."""

from __future__ import annotations

from aiohttp import web


class Drain:
    """Once begun, every answer closes its connection and the process says that it is not ready."""

    def __init__(self) -> None:
        self.begun = False

    def begin(self) -> None:
        """Begin; there is no way back."""
        self.begun = True


DRAIN = web.AppKey("drain", Drain)
