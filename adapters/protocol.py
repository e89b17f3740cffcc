# SPDX-License-Identifier: Apache-2.0
"""What a context source is: it declares its fields and fills them from a request and a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Literal, Protocol

Value = str | float
Purpose = Literal["functional", "personalization", "location"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing that may be known about a request, under the full name `<adapter>.<name>`.

    A `category` takes one of `levels`, or any short word where `levels` is empty; a `number` lies in `low`
    to `high` (`unit` says of what) and is clipped to that range. A field that is not known is left out of
    `features`: missing is a level of its own. `purpose` is what a visitor consents to or not.
    """

    name: str
    kind: Literal["category", "number"]
    levels: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    purpose: Purpose = "functional"


class Adapter(Protocol):
    """A context source. `features` reads memory only: it never waits and never raises.

    `inputs` names the top-level keys of a request that it reads, each with the purpose that it serves:
    a request without consent to that purpose reaches the adapter without that key.
    """

    name: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]
    inputs: ClassVar[Mapping[str, Purpose]]

    def features(self, request: Mapping[str, object], *, at: datetime) -> Mapping[str, Value]:
        """Return the known fields, by name without prefix, of a request made `at` (aware UTC).

        `request` is the caller's context, e.g. {"device": {"user_agent": "..."}, "page": {...}}: plain
        JSON values that nobody has checked.
        """
        ...

    @property
    def problem(self) -> str:
        """What is wrong with its sources at present, for operators; empty when nothing is."""
        ...

    def why_missing(self, request: Mapping[str, object], *, at: datetime) -> str:
        """Say in one sentence why `features` leaves fields out; empty when it leaves none out."""
        ...

    async def refresh(self) -> None:
        """Bring caches up to date in the background; return when there is nothing more to do now."""
        ...
