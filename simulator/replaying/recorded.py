# SPDX-License-Identifier: Apache-2.0
"""Decisions of a log of our own, whole pages with all that the export knows about them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from bandit.core.names import not_known
from bandit.core.values import Value
from bandit.errors import Invalid
from simulator.logs.columns import in_order
from simulator.logs.dialect import open_text
from simulator.logs.rows import BrokenLine


class PostedReward(msgspec.Struct):
    """A reward as it was posted; `event` is None where a number was given."""

    position: int
    at: float
    reward_id: str
    event: str | None
    value: float


class ShownSlot(msgspec.Struct):
    """A slot; fields are those of the export (docs/command-line.md)."""

    slot: int
    arm: str
    propensity: float
    probabilities: list[float]
    reward: float
    learned_reward: float | None
    rewards: list[PostedReward]


class Page(msgspec.Struct):
    """A decision; fields are those of the export."""

    decision_id: str
    position: int
    at: float
    placement: str
    policy: str
    made_from: int
    context: dict[str, Value]
    arms: list[str]
    left_out: dict[str, str]
    x: list[list[float]]
    slots: list[ShownSlot]
    user: str = ""
    holdout: bool = False
    fallback: bool = False
    deferred: bool = False
    activated_at: float | None = None
    learns: bool = True

    @property
    def why_not(self) -> str | None:
        """Why it says nothing about policies, None if it does."""
        if self.deferred and self.activated_at is None:
            return "deferred and never shown"
        return None if self.slots else "without slots"


_DECODER = msgspec.json.Decoder(Page)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An export, read once to see what is in it.

    Args:
        path: the file.
        placement: the one that is read.
        arms: all arms that were eligible, in order.
        fields: context fields that at least one page has.
        pages: how many there are; rows: their slots; most: slots of the longest page.
        broken: lines that could not be read.
        skipped: pages left out, by reason.
    """

    path: Path
    placement: str
    arms: tuple[str, ...]
    fields: frozenset[str]
    pages: int
    rows: int
    most: int
    broken: tuple[BrokenLine, ...]
    skipped: dict[str, int]

    @classmethod
    def of(cls, path: Path, *, placement: str | None = None) -> Recorded:
        """Open an export; raise Invalid when it is none or holds several placements and none is named."""
        broken: list[BrokenLine] = []
        skipped: dict[str, int] = {}
        names: set[str] = set()
        arms: set[str] = set()
        fields: set[str] = set()
        pages = rows = most = 0
        for page in _pages(path, broken):
            names.add(page.placement)
            if placement not in (None, page.placement):
                continue
            if why := page.why_not:
                skipped[why] = skipped.get(why, 0) + 1
                continue
            arms.update(page.arms)
            fields.update(page.context)
            pages, rows, most = pages + 1, rows + len(page.slots), max(most, len(page.slots))
        if placement is None and len(names) > 1:
            raise Invalid(f"placement: got {len(names)}; allowed one of {', '.join(sorted(names))}")
        if placement is not None and names and placement not in names:
            raise Invalid(not_known("placement", placement, names, holder="the log"), field="placement")
        if not pages:
            why = f"; line {broken[0].number}: {broken[0].why}" if broken else ""
            where = f" of placement {placement}" if placement else ""
            raise Invalid(f"log: got no decision that was shown{where} in {path.name}{why}", field="log")
        found = placement or names.pop()
        order = in_order(arms)
        return cls(path, found, order, frozenset(fields), pages, rows, most, tuple(broken), skipped)

    def read(self) -> Iterator[Page]:
        """All pages that somebody saw, in order."""
        for page in _pages(self.path, []):
            if page.placement == self.placement and page.why_not is None:
                yield page


def _pages(path: Path, broken: list[BrokenLine]) -> Iterator[Page]:
    try:
        with open_text(path) as file:
            for number, text in enumerate(file, start=1):
                if not text.strip():
                    continue
                try:
                    page = _DECODER.decode(text)
                except msgspec.DecodeError as error:
                    broken.append(BrokenLine(number, str(error)))
                else:
                    yield page
    except UnicodeDecodeError:
        raise Invalid(f"log: got {path.name}, which is no text; allowed an export", field="log") from None
