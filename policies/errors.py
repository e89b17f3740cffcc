# SPDX-License-Identifier: Apache-2.0
"""What policies refuse: every message names the field, the value and what is allowed."""

from __future__ import annotations


class InvalidInput(ValueError):
    """A policy was handed something it cannot use; nothing was changed.

    Args:
        field: path of the offending input, e.g. `x` or `alpha`.
        got: the value, or a short description of it.
        allowed: the set or range that would have been accepted.
    """

    def __init__(self, field: str, *, got: object, allowed: str) -> None:
        shown = repr(got)
        super().__init__(
            f"{field}: got {shown if len(shown) <= 200 else shown[:197] + '...'}; allowed {allowed}"
        )
        self.field = field
        self.got = got
        self.allowed = allowed


class InvalidSetting(InvalidInput):
    """A policy's setting, or the kind of policy itself, is not one that exists."""


class NotAdditive(InvalidInput):
    """States of this policy are not sums, so they cannot be merged."""


class InvalidState(InvalidInput):
    """Bytes offered to `load` or `merge` are damaged or belong to another policy."""
