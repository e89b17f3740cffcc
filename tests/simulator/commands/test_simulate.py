# SPDX-License-Identifier: Apache-2.0
"""`slotwise simulate` from its arguments to what it prints and writes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from bandit.cli import parser_of
from bandit.errors import Invalid
from simulator.commands.evaluate import command as evaluate
from simulator.commands.simulate import command

SMALL = ("--world", "drifting:turns=0,arms=4", "--rounds", 80, "--seeds", 2)


def run(*arguments: object) -> int:
    """The command's exit status."""
    return command.run(parser_of(command).parse_args([str(argument) for argument in arguments]))


def test_table_has_a_row_for_every_policy(capsys: pytest.CaptureFixture[str]) -> None:
    """Grids are spread out, and what is needed to read the table stands below it."""
    assert run(*SMALL, "--policy", "default", "linucb:alpha=0.1|1", "uniform") == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split("\t") for line in lines if "\t" in line]
    assert [row[1] for row in rows] == ["policy", "default", "linucb:alpha=0.1", "linucb:alpha=1", "uniform"]
    assert float(rows[1][2]) > float(rows[4][2])
    assert rows[4][6].startswith("-")
    assert any("80 rounds, 2 seeds" in line for line in lines)


def test_same_arguments_same_bytes(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON is a pure function of the arguments, whoever plays."""
    outputs = []
    for workers in (1, 1, 2):
        run(*SMALL, "--policy", "thompson", "--json", "--workers", workers)
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1] == outputs[2]
    (result,) = json.loads(outputs[0])["results"]
    assert result["seeds"] == [0, 1]
    assert result["curve"]["round"][-1] == 80


def test_worlds_stand_beside_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    """Several worlds are played with their own number of rounds, unless one is given."""
    worlds = ("--world", "cascade", "delayed")
    run(*worlds, "--policy", "uniform", "--rounds", 30, "--seeds", 1, "--seed", 7, "--json")
    results = json.loads(capsys.readouterr().out)["results"]
    assert [(one["world"], one["rounds"], one["seeds"]) for one in results] == [
        ("cascade", 30, [7]),
        ("delayed", 30, [7]),
    ]


def test_report_is_one_page_that_needs_no_network(tmp_path: Path) -> None:
    """The page holds its table, its pictures and what draws them; nothing is loaded from elsewhere."""
    page = tmp_path / "out.html"
    run(*SMALL, "--policy", "default", "uniform", "--report", page)
    text = page.read_text()
    body, _, specs = text.split('<script type="module">')
    assert not re.search(r"<(link|img|iframe|script)|url\(|@import", body)
    assert text.count("<figure>") == 3
    drawn = json.loads(specs[: specs.index(".forEach")].replace("<\\/", "</"))
    values = [one["data"]["values"] for one in drawn]
    assert {row["policy"] for row in values[1]} == {"default", "uniform", "best possible"}
    last = [row for row in values[2] if row["policy"] == "uniform"][-1]
    assert last["low"] <= last["value"] <= last["high"]


def test_pictures_are_written_one_by_one(tmp_path: Path) -> None:
    """--png makes a folder with a picture for rewards, learning and regret; a report may be one PNG too."""
    run(*SMALL, "--policy", "uniform", "--png", tmp_path / "new", "--report", tmp_path / "all.png")
    names = {path.name: path.read_bytes()[:4] for path in (tmp_path / "new").iterdir()}
    assert names == dict.fromkeys(("reward.png", "learning.png", "regret.png"), b"\x89PNG")
    assert (tmp_path / "all.png").read_bytes().startswith(b"\x89PNG")


def test_log_can_be_evaluated_and_holds_the_truth(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What uniform choice is worth by the log's own truth lies within the interval that the log gives."""
    log = tmp_path / "log.jsonl"
    world = ("--world", "drifting:turns=0,arms=4", "--rounds", 1_500, "--seeds", 1)
    run(*world, "--policy", "linucb", "--floor", 0.05, "--log", log)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    truth = float(np.mean([np.mean(line["truth"]) for line in lines]))
    earned = [slot["reward"] for line in lines for slot in line["slots"]]
    capsys.readouterr()
    parsed = parser_of(evaluate).parse_args(
        [str(log), "--policy", "uniform", "--reward-range", "0", "1", "--json"]
    )
    assert evaluate.run(parsed) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(lines) == found["log"]["used"] == 1_500
    assert found["logged"]["value"] == pytest.approx(np.mean(earned))
    for estimate in found["policies"][0]["estimates"]:
        assert estimate["low"] <= truth <= estimate["high"]
    assert min(min(slot["probabilities"]) for line in lines for slot in line["slots"]) == pytest.approx(0.05)


def test_pages_of_several_slots_are_logged_too(tmp_path: Path) -> None:
    """Every slot of a page is in its line, with what was clicked."""
    log = tmp_path / "log.jsonl"
    run("--world", "cascade", "--rounds", 50, "--seeds", 1, "--policy", "uniform", "--log", log)
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [len(line["slots"]) for line in lines] == [4] * 50
    assert all(sum(slot["reward"] for slot in line["slots"]) <= 1 for line in lines)
    assert all(len(line["truth"]) == len(line["arms"]) == 12 for line in lines)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--policy", "uniform"), "world: got none"),
        (("--world", "drifting"), "policy: got none"),
        (("--world", "eden", "--policy", "uniform"), "world: got 'eden'; allowed digits"),
        (("--world", "drifting:sea=1", "--policy", "uniform"), "world drifting: got 'sea'"),
        (("--world", "csv:path=x.csv", "--policy", "uniform"), "world csv: got x.csv, which is no file"),
        (("--world", "letter", "--policy", "uniform"), "world letter: got no path"),
        (("--world", "drifting", "--policy", "magic"), "kind: got 'magic'; allowed"),
        (("--world", "drifting", "--policy", "linucb:alpha=-1"), "alpha: got -1; allowed 0 or more"),
        (("--world", "drifting", "--policy", "linucb:beta=1"), "beta"),
        (("--world", "drifting", "--policy", "uniform", "--rounds", "0"), "--rounds: got '0'; allowed"),
        (("--world", "drifting", "--policy", "uniform", "--rounds", "-5"), "--rounds: got '-5'; allowed"),
        (("--world", "drifting", "--policy", "uniform", "--seeds", "no"), "--seeds: got 'no'; allowed"),
        (("--world", "drifting", "--policy", "uniform", "--seed", "-1"), "--seed: got '-1'; allowed"),
        (("--world", "drifting", "--policy", "uniform", "--floor", "2"), "--floor: got '2'; allowed 0 to 1"),
        (("--world", "drifting", "--policy", "uniform", "--report", "x.pdf"), "report: got 'x.pdf'; allowed"),
        (("--world", "drifting", "--policy", "uniform", "linucb", "--log", "x"), "log: got 2 pairs"),
        (
            ("--world", "drifting", "--policy", "uniform", "--log", "/no/x"),
            "log: got /no/x; allowed a file in",
        ),
        (("--world", "drifting", "--policy", "uniform", "--report", "/no/x.html"), "report: got /no/x.html"),
        (("--world", "headlines:tests=9", "--policy", "uniform", "--rounds", "5"), "rounds: got 5; allowed"),
    ],
)
def test_bad_input_is_one_clear_line(arguments: tuple[str, ...], message: str) -> None:
    """What cannot be done is refused before anything is played."""
    with pytest.raises(Invalid) as refusal:
        run(*arguments)
    assert message in refusal.value.message
    assert "\n" not in refusal.value.message
