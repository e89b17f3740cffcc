# SPDX-License-Identifier: Apache-2.0
"""Other readers of dsjson understand what we export."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from bandit.commands.exports.joined import joined
from bandit.commands.reading import reading
from simulator.logs.decision_json import decisions
from simulator.logs.rows import BrokenLine


class Shown(NamedTuple):
    """What a slot showed: the arm's place among those that could be shown, its probability, its cost."""

    place: int
    probability: float
    cost: float


def by_simulator(path: Path, slots: int) -> list[list[Shown]]:
    """As the simulator's reader of foreign logs sees it."""
    broken: list[BrokenLine] = []
    read = list(decisions(path, broken))
    assert broken == []
    assert {decision.kind for decision in read} == {"cb" if slots == 1 else "ccb"}
    return [[Shown(s.arms[0], s.probabilities[0], -s.reward) for s in decision.slots] for decision in read]


def by_vowpal_wabbit(path: Path, slots: int) -> list[list[Shown]]:
    """As Vowpal Wabbit's own parser sees it; each decision is learned from too."""
    import vowpal_wabbit_next as vw  # noqa: PLC0415 - not on every platform

    workspace = vw.Workspace(["--cb_explore_adf" if slots == 1 else "--ccb_explore_adf", "--quiet"])
    read = []
    with path.open(encoding="utf-8") as file, vw.DSJsonFormatReader(workspace, file) as examples:
        for example in examples:
            labels: list[Any] = [part.get_label() for part in example]
            if slots == 1:
                # The shared example comes first, so actions count from 1.
                found = [(i - 1, label.label) for i, label in enumerate(labels) if label.label]
                read.append([Shown(i, p, cost) for i, (_, cost, p) in found])
            else:
                outcomes = [label.outcome for label in labels if label.outcome]
                read.append([Shown(place, p, cost) for cost, ((place, p), *_) in outcomes])
            workspace.learn_one(example)
    return read


READERS: list[Callable[[Path, int], list[list[Shown]]]] = [by_simulator]
if importlib.util.find_spec("vowpal_wabbit_next"):
    READERS.append(by_vowpal_wabbit)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(("placement", "slots"), [("side", 1), ("hero", 2)])
def test_an_export_can_be_read(
    slotwise: Any,
    lived_in: Path,
    tmp_path: Path,
    read: Callable[[Path, int], list[list[Shown]]],
    placement: str,
    slots: int,
) -> None:
    """Arms, probabilities and costs come out as the log has them."""
    path = tmp_path / "log.dsjson"
    options = ["--format", "dsjson", "--placement", placement]
    assert slotwise("export", "--data-dir", lived_in, "-o", path, *options).status == 0
    with reading(lived_in) as log:
        joined_decisions = [
            each for _, each in joined(log, only=frozenset([placement])) if each and each.shown
        ]
    expected = [
        [
            (each.decided.arms.index(arm), each.decided.propensities[slot], -each.outcomes[slot].reward)
            for slot, arm in enumerate(each.decided.slots)
        ]
        for each in joined_decisions
    ]
    seen = read(path, slots)
    assert len(seen) == len(expected) > 0
    for decision, wanted in zip(seen, expected, strict=True):
        assert [tuple(slot) for slot in decision] == [pytest.approx(slot, rel=1e-6) for slot in wanted]
