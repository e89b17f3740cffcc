# SPDX-License-Identifier: Apache-2.0
"""slotwise's own log as `slotwise export --format jsonl` writes it: every shown slot is a row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from bandit.errors import Invalid
from simulator.logs.columns import in_order
from simulator.logs.delimited import open_text
from simulator.logs.rows import BATCH_ROWS, Bools, BrokenLine, Log, Rows

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
    broken: list[BrokenLine] = []
    skipped: dict[str, int] = {}
    arms: set[str] = set()
    placements: set[str] = set()
    width: int | None = 0
    count = 0
    for line in _lines(path, broken):
        placements.add(line["placement"])
        if placement in (None, line["placement"]) and _why_not(line) is None:
            arms.update(line["arms"])
            count += len(line["slots"])
            width = _width(line) if width in (0, _width(line)) else None
        elif placement in (None, line["placement"]):
            why = str(_why_not(line))
            skipped[why] = skipped.get(why, 0) + 1
    if placement is None and len(placements) > 1:
        raise Invalid(f"placement: got {len(placements)}; allowed one of {', '.join(sorted(placements))}")
    if not arms:
        first = f"; line {broken[0].number}: {broken[0].why}" if broken else ""
        raise Invalid(f"log: got no decision that was shown in {path.name}{first}", field="log")
    names = in_order(arms)
    codes = {name: i for i, name in enumerate(names)}
    features = tuple(f"x{i}" for i in range(width or 0))

    def batches() -> Iterator[Rows]:
        start, kept = 0, []
        for line in _lines(path, []):
            if placement in (None, line["placement"]) and _why_not(line) is None:
                kept += [(line, slot) for slot in line["slots"]]
            if len(kept) >= BATCH_ROWS:
                yield _rows(kept, codes, features, start)
                start, kept = start + len(kept), []
        if kept:
            yield _rows(kept, codes, features, start)

    return Log(names, features, batches, tuple(broken), skipped, count=count)


def _lines(path: Path, broken: list[BrokenLine]) -> Iterator[dict[str, Any]]:
    try:
        with open_text(path) as file:
            for number, text in enumerate(file, start=1):
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
                    yield line
    except UnicodeDecodeError:
        raise Invalid(f"log: got {path.name}, which is no text; allowed an export", field="log") from None


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
    codes: dict[str, int],
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
