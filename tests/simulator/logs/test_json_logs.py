# SPDX-License-Identifier: Apache-2.0
"""Decision JSON of Vowpal Wabbit and slotwise's own export."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from bandit.errors import Invalid
from simulator.evaluation.as_json import as_json
from simulator.evaluation.as_table import notes
from simulator.evaluation.results import Options
from simulator.evaluation.run import evaluate
from simulator.evaluation.slates import evaluate_slates
from simulator.evaluation.specs import build_estimators
from simulator.logs.bandit_json import read_bandit_json
from simulator.logs.decision_json import NOT_SHOWN, kind_of
from simulator.logs.exported import read_exported
from simulator.logs.slate_json import read_slate_json
from simulator.slates.policies import build_page_policy
from simulator.targets import build_target

SNIPS = Options(estimators=build_estimators(["snips"], modelled=False), reward_range=(0.0, 1.0))


def bandit(cost: float = -1.0, a: Any = (2, 1), p: Any = (0.2, 0.8), **more: Any) -> dict[str, Any]:
    """A line of a contextual bandit."""
    context = {"User": {"age": 30, "city": "Ulm"}, "_multi": [{"F": "2"}, {"F": "3"}]}
    line = {"_label_cost": cost, "_label_probability": p[0], "_label_Action": a[0], "_labelIndex": a[0] - 1}
    return line | {"a": list(a), "p": list(p), "c": context} | more


def page(*slots: tuple[float | None, list[int], list[float]], **more: Any) -> dict[str, Any]:
    """A line of several slots: cost, arms and probabilities of each."""
    outcomes = [{"_a": a, "_p": p} | ({} if cost is None else {"_label_cost": cost}) for cost, a, p in slots]
    return {"c": {"_multi": [{}, {}, {}], "_slots": [{}, {}]}, "_outcomes": outcomes} | more


def write(path: Path, lines: list[Any]) -> Path:
    """Lines as JSON; texts as they are."""
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else orjson.dumps(line) for line in lines))
    return path


def test_bandit_lines(tmp_path: Path) -> None:
    """Arms count from 1, the shown one stands first, costs turn into rewards, texts into levels."""
    log = read_bandit_json(write(tmp_path / "log", [bandit(), bandit(0.0, (1, 2), (0.8, 0.2))]))
    (rows,) = log.batches()
    assert log.arms == ("1", "2")
    assert log.features == ("User.age", "User.city=Ulm")
    assert rows.action.tolist() == [1, 0]
    assert rows.reward.tolist() == [1.0, 0.0]
    assert rows.probabilities is not None
    assert rows.probabilities.tolist() == [[0.8, 0.2], [0.8, 0.2]]
    assert rows.context is not None
    assert rows.context.tolist() == [[30.0, 1.0], [30.0, 1.0]]


def test_a_label_may_name_another_arm_than_the_first(tmp_path: Path) -> None:
    """The labelled arm is the shown one, with its own probability."""
    log = read_bandit_json(write(tmp_path / "log", [bandit(_label_Action=1, _label_probability=0.8)]))
    (rows,) = log.batches()
    assert rows.propensity is not None
    assert (rows.action[0], rows.propensity[0]) == (0, 0.8)


def test_lines_that_nobody_saw_are_left_out(tmp_path: Path) -> None:
    """A line with `_skipLearn` is counted, not evaluated, in logs of one slot and of pages."""
    log = read_bandit_json(
        write(tmp_path / "log", [bandit(), bandit(_skipLearn=True), bandit(_skipLearn=False)])
    )
    assert sum(len(rows) for rows in log.batches()) == 2
    assert (log.skipped, list(log.broken)) == ({NOT_SHOWN: 1}, [])
    result = evaluate(log, [build_target("uniform")], options=SNIPS)
    assert f"log: 1 left out: {NOT_SHOWN}" in notes(result)
    assert as_json(result)["log"]["left_out"] == {NOT_SHOWN: 1}
    fine = page((0.0, [0, 1], [0.5, 0.5]))
    pages = read_slate_json(write(tmp_path / "pages", [fine, fine | {"_skipLearn": True}]))
    assert (len(pages.shown), pages.skipped) == (1, {NOT_SHOWN: 1})


def test_a_label_that_contradicts_its_vector_is_found(tmp_path: Path) -> None:
    """A label's probability that differs from `p` is told, and its row is left out."""
    lines = [bandit(0.0, (1 + i % 2, 2 - i % 2), (0.5, 0.5)) for i in range(600)]
    lines[7] |= {"_label_probability": 0.9}
    result = evaluate(
        read_bandit_json(write(tmp_path / "log", lines)), [build_target("uniform")], options=SNIPS
    )
    (finding,) = result.findings
    assert (finding.name, finding.count, result.used) == ("propensity differs from its vector", 1, 599)
    slot = {"_a": [0, 1], "_p": [0.5, 0.5], "_label_cost": 0.0}
    shown = [{"c": {}, "_outcomes": [slot | {"_label_probability": p}]} for p in (0.5, 0.9)]
    pages = evaluate_slates(read_slate_json(write(tmp_path / "pages", shown)), ["uniform"])
    assert (pages.used, pages.rows) == (1, 2)
    assert [one.name for one in pages.findings] == ["propensity differs from its vector"]


def test_lines_without_a_label_count_against_the_verdict(tmp_path: Path) -> None:
    """Where a third of the lines cannot be read, no estimate is trusted, and the share is said."""
    lines = [bandit(-(i % 3 == 0), (1 + i % 2, 2 - i % 2), (0.5, 0.5)) for i in range(400)]
    lost = {"c": {}, "a": [1, 2], "p": [0.5, 0.5]}
    for more, word in (([], "trust"), ([lost] * 200, "caution")):
        log = read_bandit_json(write(tmp_path / "log", lines + more))
        result = evaluate(log, [build_target("uniform")], options=SNIPS)
        verdict = result.policies[0].answers[0].verdict
        assert verdict.word == result.logged.verdict.word == word
        assert ("33.3% of the rows could not be used" in verdict.reasons) == bool(more)


def test_rows_of_fewer_arms(tmp_path: Path) -> None:
    """Arms that a decision did not have are not eligible and have probability 0."""
    log = read_bandit_json(write(tmp_path / "log", [bandit(), bandit(0, (3, 1, 2), (0.5, 0.25, 0.25))]))
    (rows,) = log.batches()
    assert rows.eligible is not None
    assert rows.eligible.tolist() == [[True, True, False], [True, True, True]]


def test_sampling_of_the_log_is_kept(tmp_path: Path) -> None:
    """A line that stands for dropped ones says how probable it was to be kept."""
    log = read_bandit_json(write(tmp_path / "log", [bandit(pdrop=0.75), bandit()]))
    (rows,) = log.batches()
    assert rows.keep is not None
    assert rows.keep.tolist() == [0.25, 1.0]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{broken", "no JSON"),
        (b"[1]", "no object"),
        ({"a": [1]}, "no context 'c'"),
        (bandit(pdrop=1), "pdrop 1: nothing could have been kept"),
        ({"c": {}, "a": [1], "p": [1.0]}, "no '_label_cost': not labelled"),
        (bandit(a=(1, 2), p=(0.5,)), "2 arms with 1 probabilities"),
        (bandit(a=(1, 1)), "arms repeat"),
        (bandit(cost="much"), 'cost is "much"; allowed a number'),  # type: ignore[arg-type]
        (bandit(_label_Action="1"), '_label_Action is "1"; allowed a whole number'),
        (bandit(_label_Action=True), "_label_Action is true; allowed a whole number"),
        (bandit(p=(0.5, False), _label_probability=0.5), "a probability is false; allowed a number"),
        (bandit(pdrop=False), "pdrop is false; allowed a number"),
        (bandit(EventId=[1]), "EventId is a list; allowed a text"),
        (bandit(c={"_multi": [1]}), "an action in _multi is 1; allowed an object"),
        (b'{"c": {}, "a": "\xff"}', "no JSON"),
        (bandit(_label_Action=7), "_label_Action 7 is not among the arms"),
    ],
)
def test_broken_lines_are_counted_and_shown(tmp_path: Path, line: Any, why: str) -> None:
    """A line that cannot be read is left out with its number and the reason."""
    log = read_bandit_json(write(tmp_path / "log", [bandit(), line, bandit()]))
    assert sum(len(rows) for rows in log.batches()) == 2
    assert log.broken[0].number == 2
    assert why in log.broken[0].why


def test_conditional_pages(tmp_path: Path) -> None:
    """In ccb a slot's probability depends on the slots above: joint and cascade multiply."""
    path = write(
        tmp_path / "log",
        [
            page((-1.0, [2, 0, 1], [0.5, 0.25, 0.25]), (0.0, [0, 1], [0.4, 0.6])),
            page((-2.0, [1, 0, 2], [0.25, 0.5, 0.25])),
        ],
    )
    assert kind_of(path) == "ccb"
    log = read_slate_json(path)
    assert log.kind == "ccb"
    pages, uniform = log.partition(), log.under(build_page_policy("uniform"))
    assert pages.reward.tolist() == [[1.0, 0.0], [2.0, 0.0]]
    assert pages.shown is not None
    assert pages.shown.tolist() == [[True, True], [True, False]]
    assert pages.logged.joint is not None
    assert pages.logged.joint.tolist() == pytest.approx([0.2, 0.25])
    assert pages.logged.slot is None
    assert uniform.joint is not None
    assert uniform.joint.tolist() == pytest.approx([1 / 6, 1 / 3])


def test_slates_have_one_reward_for_the_page(tmp_path: Path) -> None:
    """In slates every slot is drawn by itself and the page earns once."""
    slots = [(None, [1, 0], [0.8, 0.2]), (None, [0, 1], [0.6, 0.4])]
    path = write(tmp_path / "log", [page(*slots, _label_cost=-3.0)])
    log = read_slate_json(path)
    pages = log.partition()
    assert (log.kind, pages.reward.tolist()) == ("slates", [[0.0, 3.0]])
    assert pages.logged.slot is not None
    assert pages.logged.slot.tolist() == [[0.8, 0.6]]


def test_pages_that_could_not_have_been_shown_are_dropped(tmp_path: Path) -> None:
    """A page with a probability of 0 says nothing and is counted."""
    fine = page((0.0, [0, 1], [0.5, 0.5]))
    log = read_slate_json(write(tmp_path / "log", [fine, page((0.0, [0, 1], [0.0, 1.0]))]))
    assert (log.partition().rows, log.dropped) == (1, 1)


@pytest.mark.parametrize("reader", [read_bandit_json, read_slate_json, read_exported])
def test_a_file_without_decisions_is_refused(tmp_path: Path, reader: Any) -> None:
    """A file in which no line can be used is refused in one line that says why."""
    with pytest.raises(Invalid, match="log: got no decision") as refusal:
        reader(write(tmp_path / "log", [b"no", b"json"]))
    assert "\n" not in refusal.value.message


def decision(number: int, **more: Any) -> dict[str, Any]:
    """A line of an export with two slots."""
    slots = [
        {"slot": 0, "arm": "b", "propensity": 0.5, "probabilities": [0.3, 0.5, 0.2], "reward": 1.0},
        {"slot": 1, "arm": "a", "propensity": 0.6, "probabilities": [0.6, 0.0, 0.4], "reward": 0.0},
    ]
    line = {"decision_id": f"d{number}", "placement": "hero", "at": 10.0 * number, "arms": ["a", "b", "c"]}
    return line | {"x": [[0.5, 1.0]], "slots": slots, "deferred": False} | more


def test_export_gives_a_row_a_slot(tmp_path: Path) -> None:
    """Every shown slot is a row; arms placed above are not eligible below."""
    log = read_exported(write(tmp_path / "log", [decision(1), decision(2, arms=["a", "b", "d"])]))
    (rows,) = log.batches()
    assert log.arms == ("a", "b", "c", "d")
    assert rows.action.tolist() == [1, 0, 1, 0]
    assert rows.eligible is not None
    assert rows.eligible[:2].tolist() == [[True, True, True, False], [True, False, True, False]]
    assert rows.probabilities is not None
    np.testing.assert_array_equal(rows.probabilities.sum(axis=1), 1.0)
    assert rows.position is not None
    assert rows.position.tolist() == [0, 1, 0, 1]


def test_export_leaves_out_what_nobody_saw(tmp_path: Path) -> None:
    """A deferred decision that was never activated is counted, not evaluated."""
    hidden = decision(2, deferred=True, activated_at=None)
    log = read_exported(write(tmp_path / "log", [decision(1), hidden, {"decision_id": "x"}]))
    assert sum(len(rows) for rows in log.batches()) == 2
    assert log.skipped == {"deferred and never shown": 1}
    assert log.broken[0].why == "no placement"


def test_export_of_several_placements_needs_a_choice(tmp_path: Path) -> None:
    """Placements are not mixed; one may be chosen."""
    path = write(tmp_path / "log", [decision(1), decision(2, placement="side")])
    with pytest.raises(Invalid, match="placement: got 2; allowed one of hero, side"):
        read_exported(path)
    (rows,) = read_exported(path, placement="side").batches()
    assert len(rows) == 2
