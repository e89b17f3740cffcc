# SPDX-License-Identifier: Apache-2.0
"""A name that is not known is refused by every command, in one line, and nothing is changed."""

from __future__ import annotations

from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from bandit.cli import GROUP
from bandit.core.names import not_known

ROWS = "arm,reward,p,hour\na,1,0.5,1\nb,0,0.5,2\na,0,0.5,3\nb,1,0.5,4\n"
CSV = ["{csv}", "--columns", "action=arm,reward=reward,propensity=p"]
MAPPED = "reward=reward,propensity=p"
HERO, HREO = ["--placement", "hero"], ["--placement", "hreo"]
DATA = ["--data-dir", "{data}"]
VIEWER = ["keys", "create", "--role", "viewer"]
UNIFORM = ["--policy", "uniform"]
MEANT = "did you mean hero?"

# the words of a command, the name that is wrong in it, and a part of what the line says
CASES: list[tuple[list[str], str, str]] = [
    (["apply", "{bad}", *DATA], "devcie", "allowed device, daytime"),
    (["apply", "{catalogue}", *DATA, "--dry-rnu"], "--dry-rnu", "unrecognized"),
    (["serve", "--catalog", "{bad}", *DATA], "devcie", "allowed device, daytime"),
    (["serve", "--context", "{settings}", *DATA], "wether", "allowed"),
    (["serve", "--log-level", "inof", *DATA], "inof", "allowed debug, info"),
    ([*VIEWER, *HREO, *DATA], "hreo", MEANT),
    ([*VIEWER, *HERO, "--placement", "x", *DATA], "x", "has hero, side"),
    (["keys", "create", "--role", "veiwer", *DATA], "veiwer", "allowed publishable"),
    ([*VIEWER, *HERO, "--data-dir", "{new}"], "{new}", "holds no log"),
    (["keys", "revoke", "abcdef", *DATA], "abcdef", "no such key"),
    (["context", *HREO, *DATA], "hreo", "no such placement"),
    (["context", *HERO, "--header", "User-Agnet=x", *DATA], "User-Agnet", "allowed"),
    (["quality", *HREO, *DATA], "hreo", "no such placement"),
    (["export", *HREO, "-o", "{keep}", *DATA], "hreo", "hero, side; did you mean hero?"),
    (["export", *HERO, "--placement", "x", "-o", "{keep}", *DATA], "x", "the log has hero, side"),
    (["export", "--format", "jsnol", "-o", "{keep}", *DATA], "jsnol", "allowed jsonl, dsjson"),
    (["verify", "--data-dir", "{new}"], "{new}", "holds no log"),
    (["datasets", "get", "irsi"], "irsi", "allowed open-bandit"),
    (["demo", "--policy", "linuc"], "linuc", "allowed linucb"),
    (["feed", "{csv}", "--format", "odb"], "odb", "allowed obd"),
    (["feed", "{csv}", "--policy", "linuc"], "linuc", "allowed"),
    (["simulate", "--world", "drfting", *UNIFORM, "--report", "{keep}"], "drfting", "allowed digits"),
    (["simulate", "--world", "drifting:armz=5", *UNIFORM, "--log", "{keep}"], "armz", "allowed arms"),
    (["simulate", "--world", "csv:path={csv},label=hou", *UNIFORM], "hou", "allowed arm, reward"),
    (["simulate", "--world", "drifting", "--policy", "unifrom", "--report", "{keep}"], "unifrom", "allowed"),
    (["simulate", "--world", "drifting", "--policy", "linucb:alhpa=1"], "alhpa", "allowed settings alpha"),
    *(
        (words, name, said)
        for command in ("evaluate", "replay")
        for words, name, said in [
            ([command, "{data}", *HREO, *UNIFORM], "hreo", MEANT),
            ([command, "{log}", *HREO, *UNIFORM], "hreo", MEANT),
            ([command, *CSV, "--placement", "hero", *UNIFORM], "hero", "allowed with format slotwise"),
            ([command, "{log}", *HERO, "--columns", "p=p", *UNIFORM], "p=p", "allowed with csv"),
            ([command, "{csv}", "--columns", f"action=amr,{MAPPED}", *UNIFORM], "amr", "it has arm"),
            ([command, "{csv}", "--columns", f"actoin=arm,{MAPPED}", *UNIFORM], "actoin", "allowed action"),
            ([command, *CSV, "--format", "csvv", *UNIFORM], "csvv", "allowed slotwise"),
            ([command, *CSV, "--policy", "unifrom", "--report", "{keep}"], "unifrom", "allowed"),
            ([command, *CSV, "--policy", "linucb:alhpa=1"], "alhpa", "allowed"),
            ([command, *CSV, *UNIFORM, "--estimators", "snisp", "--report", "{keep}"], "snisp", "allowed"),
            ([command, *CSV, *UNIFORM, "--reward-model", "linaer"], "linaer", "allowed none, linear"),
        ]
    ),
    (["evaluate", "{log}", *HERO, "--pages", *HREO, *UNIFORM], "hreo", MEANT),
    (["evaluate", *CSV, "--policy", "fixed:arm=c", "--report", "{keep}"], "c", "the log has a, b"),
    (["evaluate", *CSV, "--policy", "column:name=nope"], "nope", "the log has none"),
    (["evaluate", *CSV, *UNIFORM, "--arm-features", "{new}"], "{new}", "no file"),
    (["replay", "{log}", "--catalog", "{catalogue}", *HREO], "hreo", "the catalogue has hero, side"),
]  # fmt: skip


@pytest.fixture
def at(lived_in: Path, catalogue: Path, tmp_path: Path, slotwise: Any) -> dict[str, str]:
    """What the words of the table stand for: good files, and one that a refused command must not touch."""
    paths = {
        name: tmp_path / name
        for name in ("log.jsonl", "rows.csv", "keep.html", "new", "bad.yaml", "context.yaml")
    }
    assert slotwise("export", "-o", paths["log.jsonl"], "--data-dir", lived_in).status == 0
    paths["rows.csv"].write_text(ROWS, "utf-8")
    paths["keep.html"].write_text("good", "utf-8")
    paths["bad.yaml"].write_text("placements: {hero: {context: [devcie], arms: {a: {}}}}", "utf-8")
    paths["context.yaml"].write_text("wether: {provider: met-no}", "utf-8")
    return {
        "data": str(lived_in),
        "catalogue": str(catalogue),
        "log": str(paths["log.jsonl"]),
        "csv": str(paths["rows.csv"]),
        "keep": str(paths["keep.html"]),
        "new": str(paths["new"]),
        "bad": str(paths["bad.yaml"]),
        "settings": str(paths["context.yaml"]),
    }


def standing(folder: Path) -> dict[Path, bytes]:
    """Every file below a folder, but for what SQLite and locks leave while a log is looked at."""
    passing = ("lock", "slotwise.db-wal", "slotwise.db-shm")
    return {
        path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.name not in passing
    }


@pytest.mark.parametrize(
    ("words", "name", "said"), CASES, ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_a_wrong_name_is_refused(
    slotwise: Any, at: dict[str, str], tmp_path: Path, words: list[str], name: str, said: str
) -> None:
    """The line has the name and what is allowed, the status is not 0, and no file is made or changed."""
    before = standing(tmp_path)
    status, out, err = slotwise(*(word.format(**at) for word in words))
    last = err.splitlines()[-1]
    assert (status in (1, 2), out) == (True, ""), err
    assert last.startswith("slotwise: ")
    assert name.format(**at) in last
    assert said in last
    assert standing(tmp_path) == before


def test_every_command_is_in_the_table() -> None:
    """A new command gets a case."""
    assert {words[0] for words, _, _ in CASES} == {point.name for point in entry_points(group=GROUP)}


def test_a_deleted_placement_can_be_exported(slotwise: Any, lived_in: Path, tmp_path: Path) -> None:
    """Its decisions are in the log, so its name is known; one without decisions gives an empty file."""
    out = tmp_path / "out"
    assert slotwise("export", "--placement", "side", "-o", out, "--data-dir", lived_in).status == 0
    assert out.read_bytes().count(b"\n") == 2


@pytest.mark.parametrize(
    ("name", "known", "said"),
    [
        (
            "home-hreo",
            ["home-hero", "side"],
            "placement: got 'home-hreo'; it has home-hero, side; did you mean home-hero?",
        ),
        ("x", ["home"], "placement: got 'x'; it has home"),
        ("x", [], "placement: got 'x'; it has none"),
        (
            "x",
            [f"p{n:02}" for n in range(12)],
            "placement: got 'x'; it has " + ", ".join(f"p{n:02}" for n in range(10)) + " and 2 more",
        ),
    ],
)
def test_what_was_meant(name: str, known: list[str], said: str) -> None:
    """The nearest name is offered only when one is near, and long lists are cut."""
    assert not_known("placement", name, known, holder="it") == said
