# SPDX-License-Identifier: Apache-2.0
"""What a visitor agreed to: which purposes a request may not serve."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import get_args

from adapters.protocol import Purpose

KEY = "consent"  # of a request: {"location": false, "personalization": true, "gpc": true}
GPC_HEADER = "Sec-GPC"  # Global Privacy Control; its value is 1 where the visitor has switched it on
PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
OPTIONAL: frozenset[Purpose] = frozenset(purpose for purpose in PURPOSES if purpose != "functional")
NOTHING_DENIED: frozenset[Purpose] = frozenset()


class ConsentRules:
    """How flags become a set of denied purposes; `functional` is never denied."""

    def __init__(
        self, *, ask_first: Sequence[str] = (), gpc_denies: Sequence[str] = tuple(sorted(OPTIONAL))
    ) -> None:
        """Take the settings.

        Args:
            ask_first: purposes that need a flag that says yes; the others only need none that says no.
            gpc_denies: purposes that Global Privacy Control denies, whatever the flags say.
        """
        self._ask_first = _purposes(ask_first, field="ask_first")
        self._gpc_denies = _purposes(gpc_denies, field="gpc_denies")

    def denied(self, request: Mapping[str, object], *, gpc: bool = False) -> frozenset[Purpose]:
        """The purposes that the request must not serve.

        Args: gpc: whether the visitor's browser itself sent Global Privacy Control with this request.
        """
        flags = request.get(KEY)
        if flags is None:
            return self._ask_first | (self._gpc_denies if gpc else NOTHING_DENIED)
        if not isinstance(flags, dict):
            return OPTIONAL  # somebody tried to say something: in doubt it was no
        denied = {
            purpose for purpose in OPTIONAL if flags.get(purpose, purpose not in self._ask_first) is not True
        }
        if gpc or flags.get("gpc", False) not in (False, 0, "0", "", None):
            denied |= self._gpc_denies
        return frozenset(denied)


def _purposes(names: Iterable[str], *, field: str) -> frozenset[Purpose]:
    chosen = set(names)
    for name in sorted(chosen - OPTIONAL):
        raise ValueError(f"consent.{field}: got {name!r}; allowed {', '.join(sorted(OPTIONAL))}")
    return frozenset(purpose for purpose in OPTIONAL if purpose in chosen)
