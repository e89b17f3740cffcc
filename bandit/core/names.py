# SPDX-License-Identifier: Apache-2.0
"""What is said of a name that is not known: which there are, and the one that was most likely meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from bandit.core.decoding import shorten

_SHOWN = 10


def not_known(what: str, name: str, known: Iterable[str], *, holder: str) -> str:
    """The message for a name of a `what` that the `holder` does not have among those that it has."""
    names = sorted(known)
    near = get_close_matches(name, names, n=1)
    shown = ", ".join(names[:_SHOWN]) or "none"
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"{what}: got {shorten(name)}; {holder} has {shown}{more}{meant}"
