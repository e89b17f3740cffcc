# SPDX-License-Identifier: Apache-2.0
"""What happened to the sums of each arm since their cached inverses were last brought up to date."""

from __future__ import annotations

from collections.abc import Sequence

from policies.protocol import Floats


class Changes:
    """Rows to rebuild from their sums, rows to extend by a few vectors, rows with new rewards only.

    Args:
        most: vectors of one row worth remembering; above that, rebuilding is cheaper.
    """

    def __init__(self, *, most: int) -> None:
        self.most = most
        self.rebuild: set[int] = set()
        self.extend: dict[int, list[tuple[float, Floats]]] = {}
        self.rewarded: set[int] = set()

    def note(
        self, rows: Sequence[int], x: Floats, weights: Sequence[float], *, fresh: Sequence[bool]
    ) -> None:
        """Note contributions; those that are not `fresh` or take away can only be rebuilt."""
        for i, (row, weight) in enumerate(zip(rows, weights, strict=True)):
            if weight == 0.0:
                self.rewarded.add(row)
            elif row not in self.rebuild:
                vectors = self.extend.setdefault(row, [])
                if weight < 0.0 or len(vectors) >= self.most or not fresh[i]:
                    self.rebuild.add(row)
                    del self.extend[row]
                else:
                    # A view would keep its whole batch in memory until somebody asks for a belief.
                    vectors.append((weight, x[i].copy()))

    def clear(self) -> None:
        """Forget all of it, once the cache is up to date."""
        self.rebuild.clear()
        self.extend.clear()
        self.rewarded.clear()

    def __bool__(self) -> bool:
        return bool(self.rebuild or self.extend or self.rewarded)
