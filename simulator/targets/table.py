# SPDX-License-Identifier: Apache-2.0
"""A policy from a file: one probability an arm, or one an arm and slot."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bandit.errors import Invalid
from simulator.logs.columns import number
from simulator.logs.dialect import open_text
from simulator.targets.policy import Answered, Asked


@dataclass(frozen=True, slots=True)
class Table:
    """Probabilities that depend on the slot at most.

    Args:
        slots: slot to arm to probability; slot None stands for all slots.
        label: how it is called in the results.
    """

    slots: Mapping[int | None, Mapping[str, float]]
    label: str
    needs_model: bool = False

    @classmethod
    def read(cls, path: Path, *, label: str) -> Table:
        """From a CSV file with columns `arm`, `probability` and, where slots differ, `position`."""
        slots: dict[int | None, dict[str, float]] = {}
        with open_text(path) as file:
            reader = csv.DictReader(file)
            if not {"arm", "probability"} <= set(reader.fieldnames or ()):
                raise Invalid(
                    f"policy table: got columns {', '.join(reader.fieldnames or ())}; "
                    "allowed arm, probability and position",
                    field="policy",
                )
            for row in reader:
                slot = int(row["position"]) if row.get("position") else None
                slots.setdefault(slot, {})[row["arm"]] = number(row["probability"])
        for slot, vector in slots.items():
            total = sum(vector.values())
            if not (abs(total - 1) <= 1e-6 and min(vector.values()) >= 0):
                where = "" if slot is None else f" in slot {slot}"
                raise Invalid(f"policy table: got sum {total:.6g}{where}; allowed 1", field="policy")
        if not slots:
            raise Invalid(f"policy table: got no rows in {path.name}; allowed one or more", field="policy")
        return cls(slots, label)

    def answer(self, asked: Asked) -> Answered:
        """The row of the slot, in the order of the log's arms."""
        unknown = {arm for vector in self.slots.values() for arm, p in vector.items() if p > 0} - set(
            asked.arms
        )
        if unknown:
            names = ", ".join(sorted(unknown)[:5])
            raise Invalid(f"policy table: got arms {names}; the log never shows them", field="policy")
        vectors = {
            slot: np.array([vector.get(arm, 0.0) for arm in asked.arms])
            for slot, vector in self.slots.items()
        }
        if set(vectors) == {None}:
            return Answered(np.tile(vectors[None], (len(asked.rows), 1)))
        position = asked.rows.position
        if position is None:
            raise Invalid("policy table: got slots, but the log has none; allowed logs with", field="policy")
        missing = sorted(set(np.unique(position).tolist()) - set(vectors))
        if missing:
            raise Invalid(f"policy table: got no slot {missing[0]}; the log has it", field="policy")
        slots = sorted(slot for slot in vectors if slot is not None)
        whole = np.stack([vectors[slot] for slot in slots])
        return Answered(whole[np.searchsorted(slots, position)])
