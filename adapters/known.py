# SPDX-License-Identifier: Apache-2.0
"""From the answers of all adapters to what is known: named, checked, put together, and remembered.

Adapters answer from memos, so the same objects come again and again, alone and in the same company.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from adapters.answer import FRESH, state_of
from adapters.declared import Declaration
from adapters.protocol import Adapter, Purpose, Value

MOST = 4096  # answers remembered of an adapter, and combinations of answers of all


class Known(NamedTuple):
    """What is known about a request; requests that are alike share it, so it is only read.

    Args:
        values: by full name, `<adapter>.<field>`.
        denied: purposes without consent; nothing in `values` serves them or was derived from what does.
        doubtful: full names of values that an adapter gave out of their declaration.
        states: of each adapter that is not at its best, one of `adapters.answer.STATES`.
    """

    values: dict[str, Value]
    denied: frozenset[Purpose]
    doubtful: frozenset[str]
    states: dict[str, str]


class Answers:
    """The answers of some adapters under one set of denied purposes."""

    def __init__(self, adapters: Sequence[Adapter], denied: frozenset[Purpose]) -> None:
        self._denied = denied
        self._plans = [_Plan(adapter, denied) for adapter in adapters]
        self._together: dict[tuple[int, ...], tuple[Sequence[Mapping[str, Value]], Known]] = {}
        self.calls: list[Callable[..., Mapping[str, Value]]] = [adapter.features for adapter in adapters]

    def known(self, found: Sequence[Mapping[str, Value]]) -> Known:
        """What the answers, in the order of the adapters, say together."""
        key = tuple(map(id, found))
        entry = self._together.get(key)
        if entry is None:
            if len(self._together) >= MOST:
                self._together.clear()
            # The answers are kept with what they say: while they live, nothing else can have their ids.
            entry = self._together[key] = (found, self._put_together(found))
        return entry[1]

    def _put_together(self, found: Sequence[Mapping[str, Value]]) -> Known:
        values: dict[str, Value] = {}
        doubtful: list[str] = []
        states = {}
        for plan, answer in zip(self._plans, found, strict=True):
            named = plan.named(answer)
            values |= named.values
            doubtful += named.doubtful
            if named.state != FRESH:
                states[plan.name] = named.state
        return Known(values, self._denied, frozenset(doubtful), states)


class _Named(NamedTuple):
    answer: Mapping[str, Value]
    values: dict[str, Value]
    doubtful: list[str]
    state: str


class _Plan:
    """One adapter under one set of denied purposes, with its answers by full name."""

    def __init__(self, adapter: Adapter, denied: frozenset[Purpose]) -> None:
        self.name = adapter.name
        allowed = [field for field in adapter.fields if field.purpose not in denied]
        self._all = len(allowed) == len(adapter.fields)
        self._declaration = Declaration(adapter.name, allowed)
        self._named: dict[int, _Named] = {}

    def named(self, answer: Mapping[str, Value]) -> _Named:
        """The answer under full names, held to its declaration, and what was not in order."""
        named = self._named.get(id(answer))
        if named is None:
            values, doubtful = self._declaration.hold(answer)
            state = state_of(answer, doubtful=bool(doubtful)) if self._all else "no_consent"
            if len(self._named) >= MOST:
                self._named.clear()
            named = self._named[id(answer)] = _Named(answer, values, doubtful, state)
        return named
