# SPDX-License-Identifier: Apache-2.0
"""How good an adapter's answer is, as a word that can stand in a decision's trace."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from adapters.protocol import Value

FRESH = ""  # everything as it should be: says nothing, and nothing is written down
STATES = {
    "stale": "known, but older than it should be",
    "out_of_range": "a value was impossible, or beyond what is declared",
    "refused": "some of what the caller said cannot be used",
    "missing": "nothing is known",
    "off": "no source is configured",
    "no_place": "the request does not say where it comes from",
    "not_fetched": "asked for, but not there yet",
    "forgotten": "what was known is too old to be used",
    "no_consent": "some or all of its fields were not agreed to",
    "failed": "the adapter broke its promise and raised",
}


class Answer(Mapping[str, Value]):
    """The known fields, and how good the answer is; one of STATES."""

    def __init__(self, values: Mapping[str, Value], state: str) -> None:
        self._values = MappingProxyType(dict(values))
        self.state = state

    def __getitem__(self, name: str) -> Value:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


class Nothing(Answer):
    """An answer without fields, and why; one of STATES."""

    def __init__(self, state: str) -> None:
        super().__init__({}, state)


def state_of(found: Mapping[str, Value], *, doubtful: bool) -> str:
    """The state of an answer; FRESH where nothing is wrong with it.

    Args: doubtful: whether a value was not as declared.
    """
    if isinstance(found, Answer):
        return found.state
    if not found:
        return "missing"
    if found.get("source") == "refused":
        return "refused"
    said = found.get("state")
    if said in ("stale", "out_of_range"):
        return str(said)
    return "out_of_range" if doubtful else FRESH
