# SPDX-License-Identifier: Apache-2.0
"""Vowpal Wabbit's decision JSON (dsjson): contextual bandits, conditional bandits (ccb) and slates.

Lines that cannot be read are counted and shown, never fatal. Costs become rewards by their sign.
"""

from __future__ import annotations

import gzip
import math
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from bandit.errors import Invalid
from simulator.logs.columns import seconds
from simulator.logs.dialect import open_text
from simulator.logs.rows import BrokenLine

# why a line is left out that says nothing is wrong
NOT_SHOWN = "lines with _skipLearn, which were never shown"


class Unreadable(Exception):
    """Why a line is left out."""


@dataclass(frozen=True, slots=True)
class SlotOutcome:
    """What one slot showed: its arms in the order of `probabilities`, the shown one first.

    Args:
        arms: their places in `_multi`.
        probabilities: of each.
        reward: what came of it.
        stated: what the label says instead of the first of `probabilities`, the same if it says nothing.
    """

    arms: tuple[int, ...]
    probabilities: tuple[float, ...]
    reward: float
    stated: float


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


def decisions(
    path: Path, broken: list[BrokenLine], skipped: dict[str, int] | None = None
) -> Iterator[Decision]:
    """Read lines in order; what cannot be read goes to `broken` with the reason.

    Args:
        path: the file.
        broken: lines that could not be read.
        skipped: how many lines were left out because nobody saw them, with the reason as key.

    Raises:
        Invalid: the file is damaged as a whole.
    """
    try:
        with open_text(path, errors="surrogateescape") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    found = orjson.loads(line)
                    if _never_shown(found):
                        if skipped is not None:
                            skipped[NOT_SHOWN] = skipped.get(NOT_SHOWN, 0) + 1
                        continue
                    yield parse(found)
                except orjson.JSONDecodeError as error:
                    broken.append(BrokenLine(number, f"no JSON: {error}".splitlines()[0]))
                except Unreadable as error:
                    broken.append(BrokenLine(number, str(error)))
    except (UnicodeDecodeError, gzip.BadGzipFile, EOFError, zlib.error):
        raise Invalid(f"log: got {path.name}, which is no text; allowed dsjson", field="log") from None


def _never_shown(line: Any) -> bool:
    flag = line.get("_skipLearn", False) if isinstance(line, dict) else False
    if not isinstance(flag, bool):
        raise Unreadable(f"_skipLearn is {_what(flag)}; allowed true or false")
    return flag


def parse(line: Any) -> Decision:
    """One line's decision; raise Unreadable with what is missing or wrong."""
    if not isinstance(line, dict):
        raise Unreadable("no object")
    context = line.get("c")
    if not isinstance(context, dict):
        raise Unreadable("no context 'c'")
    dropped = _number(line.get("pdrop", 0.0), "pdrop")
    if not 0 <= dropped < 1:
        raise Unreadable(f"pdrop {dropped:g}: nothing could have been kept")
    identity = line.get("EventId", "")
    if not isinstance(identity, str):
        raise Unreadable(f"EventId is {_what(identity)}; allowed a text")
    features = _features(context)
    kind, slots = _slots(line, context)
    return Decision(
        kind=kind,
        slots=slots,
        keep=1.0 - dropped,
        identity=identity,
        at=_time(line.get("Timestamp")),
        shared={name: value for name, value in context.items() if name not in ("_multi", "_slots")},
        features=features,
        reward=_negated(line["_label_cost"]) if kind == "slates" else sum(s.reward for s in slots),
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
    reward, stated = _negated(line["_label_cost"]), _number(line["_label_probability"], "_label_probability")
    outcome = _arms(line["a"], line["p"], reward, stated, first=1)
    shown = line.get("_label_Action")
    if shown is not None and not _whole(shown):
        raise Unreadable(f"_label_Action is {_what(shown)}; allowed a whole number")
    if shown is None or shown - 1 == outcome.arms[0]:
        return "cb", (outcome,)
    # the label says that another arm than the first was shown: its place decides its probability
    if shown - 1 not in outcome.arms:
        raise Unreadable(f"_label_Action {shown!r} is not among the arms")
    place = outcome.arms.index(shown - 1)
    order = (place, *(i for i in range(len(outcome.arms)) if i != place))
    arms = tuple(outcome.arms[i] for i in order)
    return "cb", (SlotOutcome(arms, tuple(outcome.probabilities[i] for i in order), reward, stated),)


def _outcome(one: Any, *, slates: bool) -> SlotOutcome:
    if not isinstance(one, dict):
        raise Unreadable("an outcome is no object")
    for name in ("_a", "_p") if slates else ("_a", "_p", "_label_cost"):
        if name not in one:
            raise Unreadable(f"no {name!r} in an outcome")
    stated = one.get("_label_probability")
    stated = None if stated is None else _number(stated, "_label_probability")
    return _arms(one["_a"], one["_p"], 0.0 if slates else _negated(one["_label_cost"]), stated, first=0)


def _arms(arms: Any, probabilities: Any, reward: float, stated: float | None, *, first: int) -> SlotOutcome:
    arms = arms if isinstance(arms, list) else [arms]
    probabilities = probabilities if isinstance(probabilities, list) else [probabilities]
    if not arms or len(arms) != len(probabilities):
        raise Unreadable(f"{len(arms)} arms with {len(probabilities)} probabilities")
    for arm in arms:
        if not _whole(arm):
            raise Unreadable(f"an arm is {_what(arm)}; allowed a whole number")
    chances = tuple(_number(p, "a probability") for p in probabilities)
    # some writers count from 0 although the format counts from 1
    first = 0 if 0 in arms else first
    if min(arms) < first or len(set(arms)) != len(arms):
        raise Unreadable("arms repeat or lie below the first")
    return SlotOutcome(
        tuple(arm - first for arm in arms), chances, reward, chances[0] if stated is None else stated
    )


def _features(context: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    multi = context.get("_multi")
    if multi is None:
        return ()
    if not isinstance(multi, list):
        raise Unreadable(f"_multi is {_what(multi)}; allowed a list")
    for action in multi:
        if not isinstance(action, dict):
            raise Unreadable(f"an action in _multi is {_what(action)}; allowed an object")
    return tuple(multi)


def _negated(cost: Any) -> float:
    return 0.0 - _number(cost, "cost")


def _number(value: Any, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Unreadable(f"{name} is {_what(value)}; allowed a number")
    return float(value)


def _whole(value: Any) -> bool:
    # JSON's true is an int to Python
    return isinstance(value, int) and not isinstance(value, bool)


def _what(value: Any) -> str:
    """A value in a message: as JSON where it is short, by its kind where it is nested."""
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    text = orjson.dumps(value).decode()
    return text if len(text) <= 40 else f"{text[:40]}..."


def _time(text: Any) -> float:
    at = seconds(text) if isinstance(text, str) else math.nan
    return at if math.isfinite(at) else math.nan


def kind_of(path: Path) -> str:
    """The kind of the first line that can be read; "cb" where there is none, so that its reader says why."""
    return next((decision.kind for decision in decisions(path, [])), "cb")
