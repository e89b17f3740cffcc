# SPDX-License-Identifier: Apache-2.0
"""Streaming sums behind every estimator of the form `sum_j N_j / D_j + M`, with its influence function.

`N_j`, `D_j` and `M` are means of per-row terms. IPS has one ratio with `D = 1`, SNIPS one with `D = mean(w)`,
self-normalised slate estimators one a slot, and DR terms sit in `M` or in `N`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from simulator.logs.inner import inner
from simulator.logs.partition import Floats

# Rows are dealt to this many groups by their position in the log. Resampling groups instead of rows keeps
# the cumulants of the estimate and makes the bootstrap streaming; logs shorter than this lose nothing.
GROUPS = 16_384


@dataclass(frozen=True, slots=True)
class Terms:
    """Per-row terms of an estimator.

    Args:
        numerator: shape (n,) or (n, J).
        denominator: of the same shape, None where it is 1.
        offset: shape (n,), None where it is 0.
    """

    numerator: Floats
    denominator: Floats | None = None
    offset: Floats | None = None


@dataclass
class RatioSums:
    """Sums, cross products and group sums of the columns `N_1..N_J, D_1..D_J, M, C`, and of the weights.

    `C` counts rows; a row that survived sampling with probability `keep` counts `1 / keep` times.
    """

    total: Floats = field(default_factory=lambda: np.zeros(0))
    cross: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    groups: Floats = field(default_factory=lambda: np.zeros((0, 0)))
    weight: float = 0.0
    weight_squared: float = 0.0
    weight_max: float = 0.0

    def add(self, terms: Terms, *, w: Floats, start: int, keep: Floats | None = None) -> None:
        """Add the terms of consecutive rows, the first of which is number `start` of the log."""
        n = w.shape[0]
        if n == 0:
            return
        stands_for = np.ones(n) if keep is None else 1.0 / keep
        columns = lay_out(terms, stands_for)
        self._grow(len(columns), min(start + n, GROUPS))
        for i, left in enumerate(columns):
            if left is None:
                continue
            for j, right in enumerate(columns[: i + 1]):
                if right is not None:
                    product = inner(left, right)
                    self.cross[i, j] += product
                    self.cross[j, i] += product if i != j else 0.0
            self.total[i] += float(left.sum())
            add_to_groups(self.groups, i, left, start)
        scaled = w if keep is None else w * stands_for
        self.weight += float(scaled.sum())
        self.weight_squared += inner(scaled, scaled)
        self.weight_max = max(self.weight_max, float(scaled.max()))

    def merge(self, other: RatioSums) -> None:
        """Add another's sums."""
        if other.total.shape[0] == 0:
            return
        self._grow(other.total.shape[0], other.groups.shape[0])
        self.total += other.total
        self.cross += other.cross
        self.groups[: other.groups.shape[0]] += other.groups
        self.weight += other.weight
        self.weight_squared += other.weight_squared
        self.weight_max = max(self.weight_max, other.weight_max)

    def __getstate__(self) -> dict[str, Any]:
        """What processes send each other: columns of zeros not at all, equal ones once."""
        return vars(self) | {"groups": Folded.of(self.groups)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state, groups=state["groups"].unfolded())

    def _grow(self, columns: int, groups: int) -> None:
        if self.total.shape[0] == 0:
            self.total = np.zeros(columns)
            self.cross = np.zeros((columns, columns))
            self.groups = np.zeros((0, columns))
        if groups > self.groups.shape[0]:
            larger = np.zeros((groups, columns))
            larger[: self.groups.shape[0]] = self.groups
            self.groups = larger

    @property
    def count(self) -> float:
        """How many rows the sums stand for."""
        return float(self.total[-1]) if self.total.shape[0] else 0.0

    @property
    def effective_rows(self) -> float:
        """Kish's effective sample size, `(sum w)^2 / sum w^2`."""
        return self.weight**2 / self.weight_squared if self.weight_squared > 0 else 0.0

    def value(self) -> float | None:
        """The estimate, None without rows or without any weight to divide by."""
        if self.count == 0.0:
            return None
        value = float(ratio_values(self.total[None])[0])
        return value if np.isfinite(value) else None

    def gradient(self) -> Floats:
        """Coefficients `c` such that `c . columns` is a row's influence on the estimate; they sum to 0."""
        slots = (self.total.shape[0] - 2) // 2
        numerator, denominator = self.total[:slots], self.total[slots : 2 * slots]
        offset, count = self.total[-2:]
        return np.concatenate(
            [1.0 / denominator, -numerator / denominator**2, [1.0 / count, -offset / count**2]]
        )

    def variance(self) -> float:
        """Delta-method variance of the estimate."""
        c = self.gradient()
        return max(0.0, float(c @ self.cross @ c)) * self.count / max(self.count - 1.0, 1.0)


class Folded(NamedTuple):
    """A matrix by its columns: `places` says which of the different ones each of them is, -1 for zeros."""

    rows: int
    places: list[int]
    different: list[Floats]

    @classmethod
    def of(cls, matrix: Floats) -> Folded:
        """Fold a matrix."""
        different: list[Floats] = []
        places = []
        for column in np.ascontiguousarray(matrix.T):
            equal = (place for place, known in enumerate(different) if np.array_equal(known, column))
            place = next(equal, len(different)) if column.any() else -1
            if place == len(different):
                different.append(column)
            places.append(place)
        return cls(matrix.shape[0], places, different)

    def unfolded(self) -> Floats:
        """The matrix again."""
        matrix = np.zeros((self.rows, len(self.places)))
        for i, place in enumerate(self.places):
            if place >= 0:
                matrix[:, i] = self.different[place]
        return matrix


def lay_out(terms: Terms, stands_for: Floats) -> list[Floats | None]:
    """The columns of `RatioSums`; None for a column of zeros."""
    n = stands_for.shape[0]
    numerator = terms.numerator.reshape(n, -1)
    columns: list[Floats | None] = [
        np.ascontiguousarray(numerator[:, j]) * stands_for for j in range(numerator.shape[1])
    ]
    if terms.denominator is None:
        columns += [stands_for] * numerator.shape[1]
    else:
        denominator = terms.denominator.reshape(n, -1)
        columns += [np.ascontiguousarray(denominator[:, j]) * stands_for for j in range(denominator.shape[1])]
    columns.append(None if terms.offset is None else terms.offset * stands_for)
    columns.append(stands_for)
    return columns


def ratio_values(totals: Floats) -> Floats:
    """`sum_j N_j / D_j + M / C` of each row of totals, shape (m, 2 J + 2); nan where a divisor is 0."""
    slots = (totals.shape[1] - 2) // 2
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = totals[:, :slots] / totals[:, slots : 2 * slots]
        values: Floats = ratios.sum(axis=1) + totals[:, -2] / totals[:, -1]
    return values


def add_to_groups(groups: Floats, column: int, values: Floats, start: int) -> None:
    """Add row `i` of `values` to group `(start + i) mod GROUPS`."""
    first = start % GROUPS
    head = min(GROUPS - first, values.shape[0])
    groups[first : first + head, column] += values[:head]
    whole = (values.shape[0] - head) // GROUPS
    if whole:
        body = values[head : head + whole * GROUPS].reshape(whole, GROUPS)
        groups[:, column] += body.sum(axis=0)
    tail = values[head + whole * GROUPS :]
    groups[: tail.shape[0], column] += tail
