# SPDX-License-Identifier: Apache-2.0
"""Exact sums over contributions, per arm and (where memory fades) per day: the state of most policies.

Features are multiples of 2^-10, weights of 2^-8, rewards of 2^-24. So a partial sum of w x x' is a multiple
of 2^-20 (2^-28 where weights are fractions), which float64 holds exactly below 2^33 (2^25): half a billion
(two million) contributions to one bucket with all features at 4. One of r x is a multiple of 2^-34, exact
below 2^19; most rewards have fewer digits (clicks none, others 16), and so more room: 2^43, 2^27.
Hence any order and grouping gives the same bytes, what was added can be taken away without a trace, and the
sums of two workers may be added.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec
import numpy as np

from policies.changes import Changes
from policies.errors import InvalidState
from policies.memory import Memory
from policies.packing import Packing
from policies.protocol import Bools, Contributions, Floats, Ints
from policies.state import float_bytes, floats_from, int_bytes, ints_from

# A row of moments is [n, c, b (d), s (d), A (packed)]: the sums of w, of r, of r x, of w x, of w x x'.
WEIGHT, CHANGE, VECTOR = 0, 1, 2


class SumsState(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """Sums as bytes: arms sorted, for each its number of buckets, then all days and moments in that order.

    Days before `first` are forgotten.
    """

    arms: list[str]
    buckets: list[int]
    days: bytes
    moments: bytes
    first: int


class Sums:
    """Sums of weights, rewards, and (for `dimension` > 0) A = sum w x x' and b = sum r x of every arm."""

    def __init__(self, *, dimension: int, memory: Memory | None = None) -> None:
        self.dimension = dimension
        self.memory = memory or Memory()
        self.packing = Packing(dimension)
        self.rows: dict[str, int] = {}
        self.moves = 0
        self._free: list[int] = []
        # By row and day the slot of its moments, and by slot whose it is.
        self._days: list[dict[int, int]] = []
        self._owners: list[tuple[int, int]] = []
        self._moments = np.zeros((8, VECTOR + 2 * dimension + self.packing.size))
        self._newest: int | None = None
        # Days before it are forgotten, and nothing is taken for them any more.
        self._first = 0
        # Per row, the aged moments of all days before the newest: they change once a day.
        self._older: dict[int, Floats] = {}
        self.changes = Changes(most=max(1, dimension // 6))
        d = dimension
        # Where a row of moments stands in the product [w x, r, w]'[x, 1] of shape (d + 2, d + 1).
        place = np.arange((d + 2) * (d + 1)).reshape(d + 2, d + 1)
        corner = (place[d + 1, d:], place[d, d:])
        self._order = np.concatenate([*corner, place[d, :d], place[d + 1, :d], place[np.triu_indices(d)]])

    def add(self, arms: Sequence[str], x: Floats, learned: Contributions) -> None:
        """Add contributions, checked before, to the sums of `arms` with the vectors `x` of shape (n, d)."""
        if len(arms) == 0:
            return
        days = learned.day.tolist() if self.memory.fades else [0] * len(arms)
        if self._first and min(days) < self._first:
            kept = np.flatnonzero(learned.day >= self._first)
            self.add([arms[i] for i in kept.tolist()], x[kept], learned.part(kept))
            return
        rows = [self._row(arm) for arm in arms]
        slots = [self._slot(row, day) for row, day in zip(rows, days, strict=True)]
        self._add_grouped(slots, x, learned)
        self._watch_newest(slots, days)
        # Evidence of an earlier day weighs less than 1 by now.
        fresh = [day == self._newest for day in days] if self.memory.fades else [True] * len(rows)
        for row, new in zip(rows, fresh, strict=True):
            if not new:
                self._older.pop(row, None)
        self.changes.note(rows, x, learned.weight.tolist(), fresh=fresh)

    @property
    def nbytes(self) -> int:
        """Memory of the moments, with room for more."""
        return self._moments.nbytes

    @property
    def size(self) -> int:
        """How many rows there are, those included that no arm has at present."""
        return len(self._days)

    def move(self, arm: str, *, to: str) -> None:
        """Add the sums of `arm` to those of `to`, and keep nothing under its name."""
        row = None if arm == to else self.rows.pop(arm, None)
        if row is None:
            return
        target = self._row(to)
        days = [day for day, slot in self._days[row].items() if self._moments[slot].any()]
        for day in list(self._days[row]):
            into, slot = self._slot(target, day), self._days[row][day]
            self._moments[into] += self._moments[slot]
            self._moments[slot] = 0.0
            # Where nothing fades, each row keeps its only slot, so that both have the same number.
            if self.memory.fades:
                self._drop(self._days[row].pop(day))
        for changed in (row, target):
            self.changes.rebuild.add(changed)
            self.changes.extend.pop(changed, None)
            self._older.pop(changed, None)
        self._free.append(row)
        self.moves += 1
        if days:
            self._watch_newest([self._days[target][day] for day in days], days)

    def _drop(self, slot: int) -> None:
        """Take a slot away; the last one takes its place."""
        last = len(self._owners) - 1
        row, day = self._owners.pop()
        if slot != last:
            self._moments[slot] = self._moments[last]
            self._owners[slot] = (row, day)
            self._days[row][day] = slot
        self._moments[last] = 0.0

    def totals(self, rows: Sequence[int] | Ints) -> Floats:
        """Return the moments of `rows` over all days, aged by the memory, one row of moments each."""
        if not self.memory.fades:
            return self._moments[np.asarray(rows, dtype=np.int64)]
        return np.array([self._faded(row) for row in rows]).reshape(len(rows), self._moments.shape[1])

    def forget(self, *, today: int) -> None:
        """Drop the buckets of days that are too old to count on day `today`, and take no more for them."""
        if (span := self.memory.span_days) is not None:
            self._forget_before(today - span + 1)

    def _forget_before(self, first: int) -> None:
        self._first = max(self._first, first)
        old = [(row, day) for row, day in self._owners if day < self._first]
        if not old:
            return
        for row, day in old:
            del self._days[row][day]
            self._older.pop(row, None)
            self.changes.rebuild.add(row)
        kept = [slot for slot, (_, day) in enumerate(self._owners) if day >= self._first]
        self._moments[: len(kept)] = self._moments[kept]
        self._moments[len(kept) :] = 0.0
        self._owners = [self._owners[slot] for slot in kept]
        for slot, (row, day) in enumerate(self._owners):
            self._days[row][day] = slot
        self._set_newest(self._search_newest())

    def state(self) -> SumsState:
        """Return everything learned; buckets from which everything was taken away do not exist."""
        alive = self._alive()
        arms, buckets, days, slots = [], [], [], []
        for arm in sorted(self.rows):
            mine = sorted((day, slot) for day, slot in self._days[self.rows[arm]].items() if alive[slot])
            if mine:
                arms.append(arm)
                buckets.append(len(mine))
                days += [day for day, _ in mine]
                slots += [slot for _, slot in mine]
        moments = self._moments[np.array(slots, dtype=np.int64)]
        return SumsState(
            arms, buckets, int_bytes(np.array(days, dtype=np.int64)), float_bytes(moments), self._first
        )

    def merge(self, state: SumsState) -> None:
        """Add the sums of a policy that saw other traffic; raise InvalidState and add nothing if bad."""
        moments, keys = self._read(state)
        self._forget_before(state.first)
        alive = [i for i, (_, day) in enumerate(keys) if day >= self._first]
        if len(alive) < len(keys):
            moments, keys = moments[alive], [keys[i] for i in alive]
        if keys:
            slots = [self._slot(self._row(arm), day) for arm, day in keys]
            self._moments[slots] += moments
            self._older.clear()
            self.changes.rebuild.update(self.rows[arm] for arm, _ in keys)
            self._watch_newest(slots, [day for _, day in keys])

    def restore(self, state: SumsState) -> None:
        """Replace everything learned by `state`; raise InvalidState and change nothing if bad."""
        self._read(state)
        fresh = Sums(dimension=self.dimension, memory=self.memory)
        fresh.merge(state)
        vars(self).update(vars(fresh))

    def _read(self, state: SumsState) -> tuple[Floats, list[tuple[str, int]]]:
        if len(state.arms) != len(state.buckets) or any(count < 1 for count in state.buckets):
            raise InvalidState("buckets", got=state.buckets, allowed=f"{len(state.arms)} counts of 1 or more")
        if any(a >= b for a, b in pairwise(state.arms)):
            raise InvalidState("arms", got=state.arms, allowed="arms in sorted order, each once")
        total = sum(state.buckets)
        days = ints_from(state.days, "days", total).tolist()
        names = [arm for arm, count in zip(state.arms, state.buckets, strict=True) for _ in range(count)]
        keys = list(zip(names, days, strict=True))
        if any(a >= b for a, b in pairwise(keys)):
            raise InvalidState("days", got=days, allowed="days in sorted order, each once an arm")
        if not self.memory.fades and any(days):
            raise InvalidState("days", got=days, allowed="0, as this policy does not fade")
        if state.first < 0 or (state.first and not self.memory.fades):
            raise InvalidState("first", got=state.first, allowed="0, or a day where this policy fades")
        if self.memory.fades and any(day < state.first for day in days):
            raise InvalidState("days", got=days, allowed=f"days from {state.first} on")
        if self.memory.fades and not all(days):
            raise InvalidState("days", got=days, allowed="days after 1970-01-01, as this policy fades")
        return floats_from(state.moments, "moments", (total, self._moments.shape[1])), keys

    def _row(self, arm: str) -> int:
        row = self.rows.get(arm)
        if row is None:
            if self._free:
                row = self._free.pop()
            else:
                row = len(self._days)
                self._days.append({})
            self.rows[arm] = row
        return row

    def _slot(self, row: int, day: int) -> int:
        days = self._days[row]
        slot = days.get(day)
        if slot is None:
            slot = days[day] = len(self._owners)
            self._owners.append((row, day))
            if slot == len(self._moments):
                self._moments = np.concatenate([self._moments, np.zeros_like(self._moments)])
        return slot

    def _add_grouped(self, slots: Sequence[int], x: Floats, learned: Contributions) -> None:
        """Add to each slot the product [w x, r, w]'[x, 1] of its contributions: all four sums at once."""
        n, d = x.shape
        right = np.empty((n, d + 1))
        right[:, :d] = x
        right[:, d] = 1.0
        left = np.empty((n, d + 2))
        np.multiply(x, learned.weight[:, None], out=left[:, :d])
        left[:, d] = learned.change
        left[:, d + 1] = learned.weight
        order = sorted(range(n), key=slots.__getitem__)
        if n > 1:
            left, right = left[order], right[order]
        start = 0
        for end in range(1, n + 1):
            slot = slots[order[start]]
            if end == n or slots[order[end]] != slot:
                self._moments[slot] += (left[start:end].T @ right[start:end]).take(self._order)
                start = end

    def _alive(self) -> Bools:
        alive: Bools = np.asarray(self._moments[: len(self._owners)].any(axis=1))
        return alive

    def _watch_newest(self, slots: Sequence[int], days: Sequence[int]) -> None:
        """Follow the newest day with evidence; it moves back only when one of `slots` became empty."""
        if self.memory.fades:
            # Nearly always their weights tell already that none is empty.
            if all(self._moments[slot, WEIGHT] for slot in slots) or self._moments[slots].any(axis=1).all():
                self._set_newest(max(days) if self._newest is None else max(self._newest, *days))
            else:
                self._set_newest(self._search_newest())

    def _search_newest(self) -> int | None:
        alive = self._alive()
        return max((day for slot, (_, day) in enumerate(self._owners) if alive[slot]), default=None)

    def _set_newest(self, newest: int | None) -> None:
        """When the newest day moved, the age of everything changed."""
        if newest != self._newest:
            self._newest = newest
            self._older.clear()
            self.changes.rebuild.update(range(len(self._days)))

    def _faded(self, row: int) -> Floats:
        if self._newest is None:
            return np.zeros(self._moments.shape[1])
        older = self._older.get(row)
        if older is None:
            slots = self._days[row]
            days = sorted(
                day for day, slot in slots.items() if day < self._newest and self._moments[slot].any()
            )
            weights = self.memory.weights(np.array(days, dtype=np.int64), newest=self._newest)
            older = self._older[row] = weights @ self._moments[[slots[day] for day in days]]
        slot = self._days[row].get(self._newest)
        return older if slot is None else older + self._moments[slot]
