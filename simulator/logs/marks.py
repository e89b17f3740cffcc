# SPDX-License-Identifier: Apache-2.0
"""Which identities of rows were seen, as 64-bit marks that are the same in every process; 8 bytes a row."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from simulator.logs.rows import Bools, Texts

Marked = NDArray[np.uint64]

GOLDEN = 0x9E37_79B9_7F4A_7C15


def mark(identities: Texts) -> Marked:
    """A mark for each text, 0 for an empty one. 64 bits are not confused in any log that fits on a disk.

    Pairs of characters are mixed with their place (splitmix64, Steele, Lea & Flood 2014) and added up: how
    wide the column is padded does not matter.
    """
    n, width = identities.shape[0], identities.dtype.itemsize // 4
    codes = np.ascontiguousarray(identities).view(np.uint32).reshape(n, width)
    if width % 2:
        codes = np.pad(codes, ((0, 0), (0, 1)))
    pairs = np.ascontiguousarray(codes).view(np.uint64)
    total = np.zeros(n, dtype=np.uint64)
    for place in range(pairs.shape[1]):
        pair = np.ascontiguousarray(pairs[:, place])
        key = np.uint64(GOLDEN * (place + 1) % 2**64)
        total += np.where(pair != 0, _mixed(pair ^ key), np.uint64(0))
    marks = np.maximum(_mixed(total), np.uint64(1))
    return np.where(identities != "", marks, np.uint64(0))


def _mixed(x: Marked) -> Marked:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58_476D_1CE4_E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D0_49BB_1331_11EB)
    return x ^ (x >> np.uint64(31))


@dataclass
class Marks:
    """A growing set of marks: sorted runs, each at least twice as long as the next one."""

    runs: list[Marked] = field(default_factory=list)

    def add(self, marks: Marked) -> Bools:
        """Take marks in order; True for those that were there before or come a second time, never for 0."""
        again = self.holds(marks)
        order = np.argsort(marks, kind="stable")
        ordered = marks[order]
        twice = np.zeros(marks.shape[0], dtype=bool)
        twice[order[1:]] = ordered[1:] == ordered[:-1]
        again |= twice & (marks != 0)
        self._take(np.unique(ordered[np.searchsorted(ordered, np.uint64(1)) :]))
        return again

    def holds(self, marks: Marked) -> Bools:
        """Which of the marks are in the set."""
        found = np.zeros(marks.shape[0], dtype=bool)
        for run in self.runs:
            place = np.minimum(np.searchsorted(run, marks), run.shape[0] - 1)
            found |= run[place] == marks
        return found

    def shared(self, other: Marks) -> Marked:
        """Those of another set's marks that are in this one, too."""
        found = [run[self.holds(run)] for run in other.runs]
        return np.concatenate(found) if found else np.zeros(0, dtype=np.uint64)

    def merge(self, other: Marks) -> None:
        """Add another set."""
        for run in other.runs:
            self._take(run)

    def _take(self, run: Marked) -> None:
        if not run.shape[0]:
            return
        self.runs.append(run)
        while len(self.runs) > 1 and self.runs[-2].shape[0] < 2 * self.runs[-1].shape[0]:
            last = self.runs.pop()
            self.runs[-1] = np.union1d(self.runs[-1], last)
