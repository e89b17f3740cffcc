# SPDX-License-Identifier: Apache-2.0
"""`slotwise export`: whole decisions with their rewards, as JSON lines and as dsjson."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from bandit.commands.directory import opened
from bandit.log.lock import DirectoryLock
from bandit.settings import Settings
from policies import DEFAULT


def exported(slotwise: Any, data_dir: Path, *options: str) -> list[dict[str, Any]]:
    """The lines of an export to the standard output."""
    status, out, err = slotwise("export", "--data-dir", data_dir, "-o", "-", *options)
    assert (status, err.count("\n")) == (0, 1)
    return [json.loads(line) for line in out.splitlines()]


def test_every_decision_once_in_order(slotwise: Any, lived_in: Path) -> None:
    """Decisions stand in the order of the log."""
    lines = exported(slotwise, lived_in)
    assert [line["decision_id"] for line in lines] == ["h1", "h2", "h3", "unseen", "s1", "s2"]
    assert [line["position"] for line in lines] == [4, 5, 6, 7, 8, 9]


def test_forgotten_decisions_are_left_out(slotwise: Any, lived_in: Path) -> None:
    """An export has nothing of a user who was forgotten, but what they did since; the log stays sound."""

    async def forget() -> None:
        async with opened(Settings(data_dir=lived_in)) as service:
            assert await service.forget("ada", by="test") == (3, {})
            await service.rank("hero", {"page": {"section": "news"}}, user="ada", decision_id="again")

    asyncio.run(forget())
    lines = exported(slotwise, lived_in)
    assert [line["decision_id"] for line in lines] == ["unseen", "s1", "s2", "again"]
    assert slotwise("verify", "--data-dir", lived_in).status == 0


def test_the_probabilities_are_whole(slotwise: Any, lived_in: Path) -> None:
    """Each slot has the probability of every eligible arm, and the propensity is the drawn one's."""
    for line in exported(slotwise, lived_in):
        for slot in line["slots"]:
            assert sum(slot["probabilities"]) == pytest.approx(1)
            assert slot["probabilities"][line["arms"].index(slot["arm"])] == slot["propensity"]
    hero = exported(slotwise, lived_in, "--placement", "hero")[0]
    second = hero["slots"][1]
    assert second["probabilities"][hero["arms"].index(hero["slots"][0]["arm"])] == 0


def test_rewards_are_joined(slotwise: Any, lived_in: Path) -> None:
    """A slot has each reward as posted, their aggregate clipped, and what the policy counts."""
    first, second, third = exported(slotwise, lived_in, "--placement", "hero")[:3]
    assert first["slots"][0]["rewards"] == []
    assert (first["slots"][1]["reward"], first["slots"][1]["learned_reward"]) == (
        6.0,
        pytest.approx(6, abs=0.01),
    )
    assert [(each["event"], each["value"]) for each in first["slots"][1]["rewards"]] == [
        ("click", 1.0),
        ("purchase", 5.0),
    ]
    assert second["slots"][0]["reward"] == 10.0
    assert second["slots"][0]["rewards"][0]["value"] == 50.0
    assert second["slots"][0]["rewards"][0]["event"] is None
    assert [slot["reward"] for slot in third["slots"]] == [0.0, 0.0]


def test_a_slot_without_reward_has_the_default(slotwise: Any, lived_in: Path) -> None:
    """The default is given in the placement's units."""
    first, second = exported(slotwise, lived_in, "--placement", "side")
    assert first["slots"][0]["reward"] == 0.25
    assert second["slots"][0]["reward"] == 1.0


def test_a_decision_that_nobody_saw_does_not_count(slotwise: Any, lived_in: Path) -> None:
    """A deferred decision without activation is exported as such."""
    unseen = exported(slotwise, lived_in)[3]
    assert (unseen["deferred"], unseen["activated_at"]) == (True, None)
    assert [slot["learned_reward"] for slot in unseen["slots"]] == [None, None]


def test_what_a_reader_needs_is_there(slotwise: Any, lived_in: Path) -> None:
    """Context, vector, those left out and why, the visitor's pseudonym."""
    line = exported(slotwise, lived_in)[0]
    assert line["context"]["page.section"] == "news"
    assert line["x"] == [[1.0, 1.0, 0.0, 0.0, 0.0]]
    assert line["left_out"] == {"hats": "paused"}
    assert (len(line["user"]), line["user"] != "ada") == (24, True)
    assert (line["placement"], line["policy"]) == ("hero", DEFAULT["kind"])


def test_conditional_bandit_lines(slotwise: Any, lived_in: Path) -> None:
    """Several slots become ccb: the drawn arm first, arms above left out, costs negated."""
    lines = exported(slotwise, lived_in, "--format", "dsjson", "--placement", "hero")
    native = exported(slotwise, lived_in, "--placement", "hero")
    assert [line["EventId"] for line in lines] == ["h1", "h2", "h3"]
    for line, decision in zip(lines, native, strict=False):
        tags = [arm["_tag"] for arm in line["c"]["_multi"]]
        assert tags == decision["arms"]
        for outcome, slot in zip(line["_outcomes"], decision["slots"], strict=True):
            assert tags[outcome["_a"][0]] == slot["arm"]
            assert outcome["_p"][0] == slot["propensity"]
            assert sum(outcome["_p"]) == pytest.approx(1)
            assert outcome["_label_cost"] == -slot["reward"]
        assert len(line["_outcomes"][1]["_a"]) == len(tags) - 1
    assert lines[0]["c"]["page"] == {"section": "news"}
    assert lines[0]["c"]["_multi"][0] == {
        "_tag": "coats",
        "i": {"constant": 1, "id": "coats"},
        "arm": {"price": 89.0},
    }


def test_bandit_lines(slotwise: Any, lived_in: Path) -> None:
    """One slot becomes cb, whose actions count from 1."""
    first, second = exported(slotwise, lived_in, "--format", "dsjson", "--placement", "side")
    native = exported(slotwise, lived_in, "--placement", "side")
    assert (first["_label_cost"], second["_label_cost"]) == (-0.25, -1.0)
    assert first["a"][0] == first["_label_Action"] == first["_labelIndex"] + 1
    assert first["c"]["_multi"][first["_labelIndex"]]["_tag"] == native[0]["slots"][0]["arm"]
    assert first["_label_probability"] == first["p"][0] == native[0]["slots"][0]["propensity"]
    assert second["o"] == [{"v": 1.0, "EventId": "s2", "ActionTaken": False}]


def test_dsjson_leaves_out_what_nobody_saw(slotwise: Any, lived_in: Path) -> None:
    """What was never shown has no outcome to train on, and the last line counts it."""
    outcome = slotwise("export", "--data-dir", lived_in, "-o", "-", "--format", "dsjson")
    assert '"unseen"' not in outcome.out
    assert outcome.err == "exported 5 decisions up to position 13; left out 1 that showed nothing to anyone\n"


def test_a_file_appears_whole(slotwise: Any, lived_in: Path, tmp_path: Path) -> None:
    """The file holds what the standard output would, and nothing else is left."""
    target = tmp_path / "out" / "log.jsonl"
    target.parent.mkdir()
    assert slotwise("export", "--data-dir", lived_in, "-o", target).out == ""
    assert [json.loads(line) for line in target.read_text("utf-8").splitlines()] == exported(
        slotwise, lived_in
    )
    assert [path.name for path in target.parent.iterdir()] == ["log.jsonl"]


def test_a_failed_export_leaves_the_old_file(slotwise: Any, lived_in: Path, tmp_path: Path) -> None:
    """A log that turns out to be damaged does not replace what was exported before."""
    target = tmp_path / "out" / "log.jsonl"
    target.parent.mkdir()
    target.write_text("before", "utf-8")
    connection = sqlite3.connect(lived_in / "slotwise.db")
    with connection:
        connection.execute("UPDATE log SET payload = CAST(payload || x'00' AS BLOB) WHERE position = 7")
    connection.close()
    status, _, err = slotwise("export", "--data-dir", lived_in, "-o", target)
    assert (status, err) == (1, "slotwise: record 7: got bytes that fail their check\n")
    assert [path.name for path in target.parent.iterdir()] == ["log.jsonl"]
    assert target.read_text("utf-8") == "before"


def test_a_log_in_use_can_be_exported(slotwise: Any, lived_in: Path) -> None:
    """Whoever holds the data directory does not keep readers out."""
    lock = DirectoryLock(lived_in)
    lines = exported(slotwise, lived_in)
    lock.release()
    assert len(lines) == 6


def test_no_log(slotwise: Any, tmp_path: Path) -> None:
    """A directory without a log is a failure, and no file is made."""
    status, _, err = slotwise("export", "--data-dir", tmp_path / "none", "-o", tmp_path / "out.jsonl")
    assert status == 1
    assert "which holds no log" in err
    assert not (tmp_path / "out.jsonl").exists()


def test_nowhere_to_write(slotwise: Any, lived_in: Path, tmp_path: Path) -> None:
    """A target that cannot be written is named."""
    status, _, err = slotwise("export", "--data-dir", lived_in, "-o", tmp_path / "no" / "out.jsonl")
    assert (status, err) == (
        1,
        f"slotwise: {tmp_path / 'no' / 'out.jsonl.part'}: No such file or directory\n",
    )
