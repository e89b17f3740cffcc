# SPDX-License-Identifier: Apache-2.0
"""Logs of one slot from dsjson: whole vectors, eligible arms and shared features as columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bandit.errors import Invalid
from simulator.logs.decision_json import Decision, decisions
from simulator.logs.rows import BrokenLine, Log, Rows, in_batches

# features beyond this many names are left out, the rarest first
MOST_FEATURES = 256
SEVERAL = "decisions of several slots"


def read_bandit_json(path: Path) -> Log:
    """Open a dsjson log of contextual bandit decisions; arms are numbered from 1 as in the file.

    Raises:
        Invalid: no line is a decision of one slot.
    """
    broken: list[BrokenLine] = []
    found: list[Decision] = []
    skipped: dict[str, int] = {}
    for decision in decisions(path, broken, skipped):
        if decision.kind == "cb":
            found.append(decision)
        else:
            skipped[SEVERAL] = skipped.get(SEVERAL, 0) + 1
    if not found:
        why = f"; the first line that could not be read: {broken[0].why}" if broken else ""
        raise Invalid(f"log: got no decisions of one slot in {path.name}{why}", field="log")
    numbers = sorted({arm for decision in found for arm in decision.slots[0].arms})
    flat = [flatten(decision.shared) for decision in found]
    names = feature_names(flat)
    rows = _rows(found, {arm: k for k, arm in enumerate(numbers)}, flat, names)

    def batches() -> Iterator[Rows]:
        return in_batches(rows)

    return Log(tuple(str(i + 1) for i in numbers), names, batches, tuple(broken), skipped, count=len(rows))


def _rows(
    found: Sequence[Decision],
    column: Mapping[int, int],
    flat: Sequence[Mapping[str, float]],
    names: Sequence[str],
) -> Rows:
    n, arms = len(found), len(column)
    whole, eligible = np.zeros((n, arms)), np.zeros((n, arms), dtype=bool)
    for i, decision in enumerate(found):
        slot = decision.slots[0]
        columns = [column[arm] for arm in slot.arms]
        whole[i, columns] = slot.probabilities
        eligible[i, columns] = True
    times = np.array([decision.at for decision in found])
    identities = np.array([decision.identity for decision in found], dtype=np.str_)
    keep = np.array([decision.keep for decision in found])
    place = {name: j for j, name in enumerate(names)}
    context = np.zeros((n, len(names)))
    for i, features in enumerate(flat):
        for name, value in features.items():
            if name in place:
                context[i, place[name]] = value
    return Rows(
        reward=np.array([decision.reward for decision in found]),
        action=np.array([column[decision.slots[0].arms[0]] for decision in found], dtype=np.int64),
        propensity=np.array([decision.slots[0].stated for decision in found]),
        probabilities=whole,
        eligible=eligible,
        context=context if names else None,
        keep=keep if (keep < 1).any() else None,
        at=times if np.isfinite(times).any() else None,
        identity=identities if identities.astype(bool).any() else None,
    )


def flatten(features: Mapping[str, Any]) -> dict[str, float]:
    """Namespaces, lists and texts as one flat vector; a text becomes `name=text` with value 1."""
    flat: dict[str, float] = {}
    # a stack, because nesting may be deeper than calls can be
    open_: list[tuple[str, Any, bool]] = [("", features, False)]
    while open_:
        path, value, listed = open_.pop()
        if isinstance(value, Mapping):
            prefix = f"{path}." if path else ""
            open_ += [(f"{prefix}{name}", its, False) for name, its in value.items() if name[:1] != "_"]
        elif isinstance(value, list):
            open_ += [(path, part, True) for part in value]
        elif isinstance(value, str) or (listed and value is not None):
            flat[f"{path}={value}"] = 1.0
        elif value is not None and math.isfinite(value):
            flat[path] = float(value)
    return flat


def feature_names(flat: Sequence[Mapping[str, float]]) -> tuple[str, ...]:
    """The most frequent names, sorted."""
    counts: dict[str, int] = {}
    for features in flat:
        for name in features:
            counts[name] = counts.get(name, 0) + 1
    frequent = sorted(counts, key=lambda name: (-counts[name], name))[:MOST_FEATURES]
    return tuple(sorted(frequent))
