# SPDX-License-Identifier: Apache-2.0
"""Vowpal Wabbit's decision JSON (dsjson): contextual bandits, conditional bandits (ccb) and slates.

Lines that cannot be read are counted and shown, never fatal. Costs become rewards by their sign.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from bandit.errors import Invalid
from simulator.logs.columns import seconds
from simulator.logs.dialect import open_text
from simulator.logs.rows import BrokenLine


class Unreadable(Exception):
    """Why a line is left out."""


@dataclass(frozen=True, slots=True)
class SlotOutcome:
    """What one slot showed: its arms in the order of `probabilities`, the shown one first."""

    arms: tuple[int, ...]
    probabilities: tuple[float, ...]
    reward: float


@dataclass(frozen=True, slots=True)
class Decision:
    """One line.

    Args:
        kind: "cb", "ccb" or "slates".
        slots: one for cb, the slots of the page otherwise.
        keep: the probability with which the line survived sampling, 1 when nothing was dropped.
        identity: the event's id, empty when it has none.
        at: seconds since 1970, NaN when it has no time.
        shared: features of the context.
        features: of each arm, in the order of `_multi`.
        reward: of the whole page, for slates.
    """

    kind: str
    slots: tuple[SlotOutcome, ...]
    keep: float
    identity: str
    at: float
    shared: Mapping[str, Any]
    features: tuple[Mapping[str, Any], ...]
    reward: float


def decisions(path: Path, broken: list[BrokenLine]) -> Iterator[Decision]:
    """Read lines in order; what cannot be read goes to `broken` with the reason."""
    try:
        with open_text(path) as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    yield parse(orjson.loads(line))
                except orjson.JSONDecodeError as error:
                    broken.append(BrokenLine(number, f"no JSON: {error}".splitlines()[0]))
                except Unreadable as error:
                    broken.append(BrokenLine(number, str(error)))
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError):
        raise Invalid(f"log: got {path.name}, which is no text; allowed dsjson", field="log") from None


def parse(line: Any) -> Decision:
    """One line's decision; raise Unreadable with what is missing or wrong."""
    if not isinstance(line, dict):
        raise Unreadable("no object")
    context = line.get("c")
    if not isinstance(context, dict):
        raise Unreadable("no context 'c'")
    dropped = line.get("pdrop", 0.0)
    if not isinstance(dropped, int | float) or not 0 <= dropped < 1:
        raise Unreadable(f"pdrop {dropped!r}: nothing could have been kept")
    kind, slots = _slots(line, context)
    multi = context.get("_multi")
    return Decision(
        kind=kind,
        slots=slots,
        keep=1.0 - float(dropped),
        identity=str(line.get("EventId", "")),
        at=seconds(_time(line.get("Timestamp", ""))),
        shared={name: value for name, value in context.items() if name not in ("_multi", "_slots")},
        features=tuple(multi) if isinstance(multi, list) else (),
        reward=_negated(line.get("_label_cost", 0.0)) if kind == "slates" else sum(s.reward for s in slots),
    )


def _slots(line: dict[str, Any], context: dict[str, Any]) -> tuple[str, tuple[SlotOutcome, ...]]:
    outcomes = line.get("_outcomes")
    if isinstance(outcomes, list):
        slates = "_label_cost" in line
        if not outcomes:
            raise Unreadable("no outcomes")
        return ("slates" if slates else "ccb"), tuple(_outcome(one, slates=slates) for one in outcomes)
    if "_slots" in context:
        raise Unreadable("slots without outcomes: not labelled")
    for name in ("_label_cost", "_label_probability", "a", "p"):
        if name not in line:
            raise Unreadable(f"no {name!r}: not labelled")
    outcome = _arms(line["a"], line["p"], _negated(line["_label_cost"]), first=1)
    shown = line.get("_label_Action")
    if shown is None or shown - 1 == outcome.arms[0]:
        return "cb", (outcome,)
    # the label says that another arm than the first was shown: its place decides its probability
    if shown - 1 not in outcome.arms:
        raise Unreadable(f"_label_Action {shown!r} is not among the arms")
    place = outcome.arms.index(shown - 1)
    order = (place, *(i for i in range(len(outcome.arms)) if i != place))
    arms = tuple(outcome.arms[i] for i in order)
    return "cb", (SlotOutcome(arms, tuple(outcome.probabilities[i] for i in order), outcome.reward),)


def _outcome(one: Any, *, slates: bool) -> SlotOutcome:
    if not isinstance(one, dict):
        raise Unreadable("an outcome is no object")
    for name in ("_a", "_p") if slates else ("_a", "_p", "_label_cost"):
        if name not in one:
            raise Unreadable(f"no {name!r} in an outcome")
    return _arms(one["_a"], one["_p"], 0.0 if slates else _negated(one["_label_cost"]), first=0)


def _arms(arms: Any, probabilities: Any, reward: float, *, first: int) -> SlotOutcome:
    arms = arms if isinstance(arms, list) else [arms]
    probabilities = probabilities if isinstance(probabilities, list) else [probabilities]
    if not arms or len(arms) != len(probabilities):
        raise Unreadable(f"{len(arms)} arms with {len(probabilities)} probabilities")
    if not all(isinstance(arm, int) for arm in arms):
        raise Unreadable("an arm is no whole number")
    if not all(isinstance(p, int | float) for p in probabilities):
        raise Unreadable("a probability is no number")
    # some writers count from 0 although the format counts from 1
    first = 0 if 0 in arms else first
    if min(arms) < first or len(set(arms)) != len(arms):
        raise Unreadable("arms repeat or lie below the first")
    return SlotOutcome(tuple(arm - first for arm in arms), tuple(float(p) for p in probabilities), reward)


def _negated(cost: Any) -> float:
    if isinstance(cost, bool) or not isinstance(cost, int | float):
        raise Unreadable(f"cost {cost!r} is no number")
    return 0.0 - float(cost)


def _time(text: Any) -> str:
    # seven digits after the point are written, six can be read
    head, point, tail = str(text).rstrip("Z").partition(".")
    return f"{head}{point}{tail[:6]}"


def kind_of(path: Path) -> str:
    """The kind of the first line that can be read; "cb" where there is none, so that its reader says why."""
    return next((decision.kind for decision in decisions(path, [])), "cb")
