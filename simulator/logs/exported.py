# SPDX-License-Identifier: Apache-2.0
"""slotwise's own log as `slotwise export --format jsonl` writes it: every shown slot is a row."""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Any, cast

import numpy as np
import orjson

from bandit.core.names import not_known
from bandit.errors import Invalid
from simulator.logs.columns import in_order
from simulator.logs.pages import Page, SlateLog
from simulator.logs.rows import BATCH_ROWS, PIECE_ROWS, Bools, BrokenLine, Log, Rows, chained

NEEDED = ("decision_id", "placement", "arms", "slots", "x")
SLOT_NEEDED = ("slot", "arm", "propensity", "probabilities", "reward")


def read_exported(path: Path, *, placement: str | None = None) -> Log:
    """Open an export; decisions that nobody saw and fallbacks without a propensity are left out and counted.

    Args:
        path: the file.
        placement: which one; may be left out where the file holds one.

    Raises:
        Invalid: not an export, several placements, or no decision.
    """
    seen = _checked_survey(path, placement)
    names = in_order(seen.arms)
    features = tuple(f"x{i}" for i in range(seen.width or 0))
    codes = {name: i for i, name in enumerate(names)}
    whole = ExportedPiece(path, placement, codes, features, start=0, at=0, end=None)
    if path.suffix == ".gz":
        # nothing in a packed file can be reached without unpacking all that stands before it
        return Log(names, features, whole, tuple(seen.broken), seen.skipped, count=seen.count)
    ends = [*seen.places[1:], (seen.count, None)]
    pieces = tuple(
        replace(whole, start=start, at=at, end=end)
        for (start, at), (after, end) in zip(seen.places, ends, strict=True)
        if start < after
    )
    return Log(
        names, features, chained(pieces), tuple(seen.broken), seen.skipped, count=seen.count, pieces=pieces
    )


def _checked_survey(path: Path, placement: str | None) -> Seen:
    seen = _survey(path, placement)
    if placement is None and len(seen.placements) > 1:
        known = ", ".join(sorted(seen.placements))
        raise Invalid(f"placement: got {len(seen.placements)}; allowed one of {known}")
    if placement is not None and seen.placements and placement not in seen.placements:
        raise Invalid(not_known("placement", placement, seen.placements, holder="the log"), field="placement")
    if not seen.arms:
        first = f"; line {seen.broken[0].number}: {seen.broken[0].why}" if seen.broken else ""
        raise Invalid(f"log: got no decision that was shown in {path.name}{first}", field="log")
    return seen


@dataclass
class Seen:
    """What a first pass over the file learns; `places` says at which row and byte each piece begins."""

    broken: list[BrokenLine] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    arms: set[str] = field(default_factory=set)
    placements: set[str] = field(default_factory=set)
    width: int | None = 0
    count: int = 0
    places: list[tuple[int, int]] = field(default_factory=lambda: [(0, 0)])


def _survey(path: Path, placement: str | None) -> Seen:
    seen = Seen()
    with open_bytes(path) as file:
        for line, end in _lines(file, seen.broken):
            seen.placements.add(line["placement"])
            if placement not in (None, line["placement"]):
                continue
            why = _why_not(line)
            if why is not None:
                seen.skipped[why] = seen.skipped.get(why, 0) + 1
                continue
            seen.arms.update(line["arms"])
            seen.count += len(line["slots"])
            seen.width = _width(line) if seen.width in (0, _width(line)) else None
            if seen.count >= seen.places[-1][0] + PIECE_ROWS:
                seen.places.append((seen.count, end))
    return seen


@dataclass(frozen=True, slots=True)
class ExportedPiece:
    """The lines from byte `at` up to byte `end`, or to the last one; the first row of them is row `start`."""

    path: Path
    placement: str | None
    codes: Mapping[str, int]
    features: tuple[str, ...]
    start: int
    at: int
    end: int | None

    def __call__(self) -> Iterator[Rows]:
        """Read it in batches."""
        start = self.start
        kept: list[tuple[dict[str, Any], dict[str, Any]]] = []
        with open_bytes(self.path) as file:
            file.seek(self.at)
            for line, end in _lines(file, [], at=self.at):
                if self.placement in (None, line["placement"]) and _why_not(line) is None:
                    kept += [(line, slot) for slot in line["slots"]]
                if len(kept) >= BATCH_ROWS:
                    yield _rows(kept, self.codes, self.features, start)
                    start, kept = start + len(kept), []
                if end == self.end:
                    break
        if kept:
            yield _rows(kept, self.codes, self.features, start)


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file of lines, unpacking it where its name ends in .gz."""
    if path.suffix == ".gz":
        return cast("IO[bytes]", gzip.open(path, "rb"))
    return path.open("rb")


def _lines(file: IO[bytes], broken: list[BrokenLine], *, at: int = 0) -> Iterator[tuple[dict[str, Any], int]]:
    """Decisions from byte `at` on, where the file is, each with the byte at which its line ends."""
    try:
        for number, text in enumerate(file, start=1):
            at += len(text)
            if not text.strip():
                continue
            try:
                line = orjson.loads(text)
            except orjson.JSONDecodeError:
                broken.append(BrokenLine(number, "no JSON"))
                continue
            missing = _missing(line)
            if missing:
                broken.append(BrokenLine(number, f"no {missing}"))
            else:
                yield line, at
    except (gzip.BadGzipFile, EOFError):
        raise Invalid("log: got a damaged .gz file; allowed an export", field="log") from None


def _missing(line: Any) -> str | None:
    if not isinstance(line, dict):
        return "object"
    for name in NEEDED:
        if name not in line:
            return name
    for slot in line["slots"]:
        for name in SLOT_NEEDED:
            if name not in slot:
                return f"{name} in a slot"
    return None


def _why_not(line: dict[str, Any]) -> str | None:
    """Why a decision says nothing about policies."""
    if line.get("deferred") and line.get("activated_at") is None:
        return "deferred and never shown"
    if not line["slots"]:
        return "without slots"
    return None


def _width(line: dict[str, Any]) -> int | None:
    # one vector for the decision is its context; one a slot belongs to the arms that were shown
    return len(line["x"][0]) if len(line["x"]) == 1 else None


def _rows(
    kept: list[tuple[dict[str, Any], dict[str, Any]]],
    codes: Mapping[str, int],
    features: tuple[str, ...],
    start: int,
) -> Rows:
    n, k = len(kept), len(codes)
    whole, eligible = np.zeros((n, k)), np.zeros((n, k), dtype=bool)
    for i, (line, slot) in enumerate(kept):
        columns = [codes[arm] for arm in line["arms"]]
        whole[i, columns] = slot["probabilities"]
        eligible[i, columns] = _open(line, slot["slot"])
    context = np.array([line["x"][0] for line, _ in kept], dtype=np.float64) if features else None
    return Rows(
        reward=np.array([slot["reward"] for _, slot in kept], dtype=np.float64),
        action=np.array([codes.get(slot["arm"], -1) for _, slot in kept], dtype=np.int64),
        propensity=np.array([slot["propensity"] for _, slot in kept], dtype=np.float64),
        probabilities=whole,
        eligible=eligible,
        context=context,
        at=np.array([line.get("at", np.nan) for line, _ in kept], dtype=np.float64),
        identity=np.array([f"{line['decision_id']}/{slot['slot']}" for line, slot in kept], dtype=np.str_),
        position=np.array([slot["slot"] for _, slot in kept], dtype=np.int64),
        start=start,
    )


def _open(line: dict[str, Any], slot: int) -> Bools:
    """Which of the eligible arms were not placed above."""
    placed = {other["arm"] for other in line["slots"] if other["slot"] < slot}
    return np.array([arm not in placed for arm in line["arms"]])


def read_exported_pages(path: Path, *, placement: str | None = None) -> SlateLog:
    """Open an export as pages: slots are drawn one after the other, each with a reward of its own.

    Raises:
        Invalid: not an export, several placements, or no decision.
    """
    seen = _checked_survey(path, placement)
    pages: list[Page] = []
    dropped = 0
    with open_bytes(path) as file:
        for line, _ in _lines(file, []):
            if placement in (None, line["placement"]) and _why_not(line) is None:
                propensities = tuple(float(slot["propensity"] or 0.0) for slot in line["slots"])
                if all(0 < p <= 1 + 1e-6 for p in propensities):
                    pages.append(_page(line, propensities))
                else:
                    dropped += 1
    return SlateLog("ccb", pages, tuple(seen.broken), dropped, seen.skipped)


def _page(line: dict[str, Any], propensities: tuple[float, ...]) -> Page:
    arms = []
    for slot in line["slots"]:
        could = [arm for arm, free in zip(line["arms"], _open(line, slot["slot"]), strict=True) if free]
        arms.append((slot["arm"], *(arm for arm in could if arm != slot["arm"])))
    return Page(tuple(arms), propensities, tuple(float(slot["reward"]) for slot in line["slots"]))
