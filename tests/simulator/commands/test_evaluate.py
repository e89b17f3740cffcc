# SPDX-License-Identifier: Apache-2.0
"""`slotwise evaluate` from its arguments to what it prints."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import vl_convert

from bandit.cli import parser_of
from bandit.errors import Invalid
from simulator.commands.evaluate import command
from simulator.logs.readers import format_of


def run(*arguments: object) -> int:
    """The command's exit status."""
    return command.run(parser_of(command).parse_args([str(argument) for argument in arguments]))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """600 rows of a uniform logger over three arms; arm c earns most."""
    g = np.random.default_rng(8)
    arms = g.integers(0, 3, 600)
    lines = ["item,click,p,x_age"]
    for arm in arms:
        click = int(g.random() < (0.2, 0.3, 0.7)[arm])
        lines.append(f"{'abc'[arm]},{click},{1 / 3!r},{20 + 10 * int(arm)}")
    path = tmp_path / "log.csv"
    path.write_text("\n".join(lines))
    return path


COLUMNS = ("--format", "csv", "--columns", "action=item,reward=click,propensity=p", "--reward-range", 0, 1)


def test_table_and_notes(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The table has a row for the logger and one for each policy and estimator."""
    assert run(log, *COLUMNS, "--policy", "uniform", "fixed:arm=c") == 0
    lines = capsys.readouterr().out.splitlines()
    cells = [line.split("\t") for line in lines if "\t" in line]
    assert [row[:2] for row in cells[1:]] == [
        ["(logger)", "on_policy"],
        ["uniform", "ips"],
        ["uniform", "snips"],
        ["fixed:arm=c", "ips"],
        ["fixed:arm=c", "snips"],
    ]
    assert float(cells[-1][2]) == pytest.approx(0.7, abs=0.07)
    assert "600 of 600 rows used" in lines


def test_json_holds_the_same_numbers(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON and table agree."""
    run(log, *COLUMNS, "--policy", "fixed:arm=c", "--estimators", "snips")
    shown = capsys.readouterr().out.splitlines()[2].split("\t")
    run(log, *COLUMNS, "--policy", "fixed:arm=c", "--estimators", "snips", "--json")
    (policy,) = json.loads(capsys.readouterr().out)["policies"]
    assert f"{policy['estimates'][0]['value']:.5g}" == shown[2]
    assert policy["estimates"][0]["verdict"] == shown[-1]
    assert policy["diagnosis"]["rows"] == 600


def test_same_seed_same_bytes(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The whole output is a pure function of the log and the arguments."""
    given = (*COLUMNS, "--policy", "greedy", "--reward-model", "linear", "--bootstrap", 200, "--json")
    outputs = []
    for _ in range(2):
        run(log, *given)
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]


def test_report_is_one_page_that_needs_no_network(log: Path, tmp_path: Path) -> None:
    """The page holds its table, its pictures and what draws them; nothing is loaded from elsewhere."""
    page = tmp_path / "out.html"
    run(log, *COLUMNS, "--policy", "uniform", "fixed:arm=c", "--sequence", "--report", page)
    text = page.read_text()
    body, drawing, specs = text.split('<script type="module">')
    assert not re.search(r"<(link|img|iframe|script)|url\(|@import", body)
    assert drawing.count("</script") == 1
    assert specs.count("</script") == 1
    assert text.count("<figure>") == 5
    assert "fixed:arm=c" in text
    assert "vega" in text


def test_report_begins_with_the_conclusion_and_ends_with_how_it_was_made(log: Path, tmp_path: Path) -> None:
    """Who opens the page reads first what it says; its foot holds what is needed to make it again."""
    page = tmp_path / "out.html"
    run(log, *COLUMNS, "--policy", "fixed:arm=c", "--seed", 7, "--level", 0.9, "--report", page)
    body = page.read_text().split("<script")[0]
    lead, foot = body.index('class="lead"'), body.index("<footer>")
    assert lead < body.index("<table>") < foot
    assert re.search(
        r"fixed:arm=c earns \d\d\.\d% a decision against the logger.*s \d\d\.\d%; the log", body[lead:]
    )
    assert re.search(
        r"slotwise \d\S+, \d{4}-\d\d-\d\d \d\d:\d\d UTC, .* 0\.9 confidence, seed 7", body[foot:]
    )
    for word in ("rows worth", "trust", "caution", "cannot tell"):
        assert f"<dt>{word}</dt>" in body


def test_pictures_as_png(log: Path, tmp_path: Path) -> None:
    """A name ending in .png gets a picture."""
    picture = tmp_path / "out.png"
    run(log, *COLUMNS, "--policy", "uniform", "--report", picture)
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_pictures_one_by_one(log: Path, tmp_path: Path) -> None:
    """A folder gets every picture under a name that says what it shows."""
    run(log, *COLUMNS, "--policy", "uniform", "fixed:arm=c", "--sequence", "--png", tmp_path / "pictures")
    names = sorted(path.name for path in (tmp_path / "pictures").iterdir())
    assert names == ["differences.png", "effective_rows.png", "estimates.png", "sequences.png", "weights.png"]
    for name in names:
        assert (tmp_path / "pictures" / name).read_bytes().startswith(b"\x89PNG")


def test_policies_that_learn_are_judged_on_the_rest(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A search says what it chose and on which rows; the estimates rest on the others."""
    run(log, *COLUMNS, "--policy", "uniform", "popularity:prior=0.5..50", "--tune", 3, "--json")
    found = json.loads(capsys.readouterr().out)
    assert found["log"]["used"] == 300
    assert (found["learning"]["by"], found["learning"]["at"], found["learning"]["rows"]) == ("row", 300, 300)
    (searched,) = found["learning"]["searched"]
    assert searched["from"] == "popularity:prior=0.5..50"
    assert 1 <= len(searched["tried"]) <= 3
    assert [policy["policy"] for policy in found["policies"]] == ["uniform", searched["policy"]]
    (difference,) = found["differences"]
    assert difference["low"] > 0


def test_the_standard_input_is_read(
    log: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A log may come through a pipe, and answers as it does from a file."""
    given = (*COLUMNS, "--policy", "uniform", "--json")
    run(log, *given)
    from_file = capsys.readouterr().out
    with log.open() as pipe:
        monkeypatch.setattr("sys.stdin", pipe)
        run("-", *given)
    assert capsys.readouterr().out == from_file


def test_two_processes_print_the_same(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The output has the same bytes however many processes read."""
    given = (*COLUMNS, "--policy", "uniform", "fixed:arm=c", "--sequence", "--json")
    outputs = []
    for workers in (1, 2):
        run(log, *given, "--workers", workers)
        outputs.append(capsys.readouterr().out)
    assert outputs[0] == outputs[1]


def test_both_sequences_with_a_reward_model(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without the logger's whole vectors the doubly robust sequence is refused with the reason."""
    run(log, *COLUMNS, "--policy", "fixed:arm=c", "--sequence", "--reward-model", "linear", "--json")
    (policy,) = json.loads(capsys.readouterr().out)["policies"]
    assert policy["sequence"]["low"] > 0.35
    assert policy["sequence_dr"] is None
    assert "got a log without probabilities" in policy["notes"][0]


def test_pictures_below_each_other_keep_their_marks(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one picture every chart is drawn with its own colours: points, bars, lines."""
    drawn: list[Any] = []
    monkeypatch.setattr(vl_convert, "vegalite_to_png", lambda spec, scale: drawn.append((spec, scale)) or b"")
    run(log, *COLUMNS, "--policy", "uniform", "fixed:arm=c", "--report", log.with_suffix(".png"))
    svg = vl_convert.vegalite_to_svg(drawn[0][0])
    for colour in ("#17633a", "#4c78a8", "#f58518"):
        assert colour in svg
    for mark in ("mark-symbol", "mark-rect", "mark-line"):
        assert re.search(rf'class="{mark}[^>]*>\s*<path[^>]*\bd="M', svg)


def test_names_in_a_page_are_text(tmp_path: Path) -> None:
    """Arms named like markup stay text in the page."""
    nasty = "<img src=x onerror=alert(1)>"
    path = tmp_path / "log.csv"
    path.write_text("action,reward,propensity\n" + f"{nasty},1,0.5\nb,0,0.5\n" * 30)
    page = tmp_path / "out.html"
    run(path, "--format", "csv", "--policy", f"fixed:arm={nasty}", "--report", page)
    body = page.read_text().split("<script")[0]
    assert nasty not in body
    assert "&lt;img src" in body


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "policy: got none"),
        (("--policy", "magic"), "policy: got 'magic'"),
        (("--policy", "greedy"), "policy greedy: got no reward model"),
        (("--policy", "uniform", "--estimators", "dr"), "dr: got no reward model"),
        (("--policy", "linucb:alpha=0.1..1"), "linucb: got a range for alpha; allowed with --tune"),
        (("--policy", "uniform", "--tune", "3"), "tune: got no policy with an open setting"),
        (("--policy", "uniform", "--dask", "x:1", "--workers", "2"), "dask: got an address and --workers"),
        (("--policy", "uniform", "--arm-features", "nothing.csv"), "arm features: got nothing.csv"),
        (("--policy", "uniform", "--pages"), "pages: got format csv; allowed with slotwise and dsjson"),
        (("--policy", "fixed:arm=z"), "policy fixed: got arm 'z'; the log has a, b, c"),
        (("--policy", "uniform", "--report", "out.pdf"), "report: got 'out.pdf'; allowed"),
        (("--policy", "uniform", "--level", "2"), "level"),
    ],
)
def test_bad_input_is_one_clear_line(log: Path, arguments: tuple[str, ...], message: str) -> None:
    """What cannot be done is refused as bad input."""
    with pytest.raises(Invalid, match=message) as refusal:
        run(log, *COLUMNS, *arguments)
    assert "\n" not in refusal.value.message


@pytest.mark.parametrize("kind", ["slotwise", "obd", "dsjson", "csv", "parquet"])
@pytest.mark.parametrize("content", [b"", b"not a log\n", b"\x00\xff\xfe\x80" * 50])
def test_no_format_takes_what_is_no_log(tmp_path: Path, kind: str, content: bytes) -> None:
    """Every reader refuses empty files, prose and noise in one line."""
    path = tmp_path / "what"
    path.write_bytes(content)
    with pytest.raises(Invalid) as refusal:
        run(path, "--format", kind, "--policy", "uniform")
    assert "\n" not in refusal.value.message


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.csv", "csv"),
        ("a.csv.gz", "csv"),
        ("a.PARQUET", "parquet"),
        ("a.dsjson", "dsjson"),
        ("a.jsonl", "slotwise"),
        ("a.gz", "slotwise"),
        ("a", "slotwise"),
    ],
)
def test_the_name_says_the_format(name: str, kind: str) -> None:
    """Whoever does not say the format means what the name ends in, or a log of slotwise's own."""
    assert format_of(Path(name)) == kind


def test_a_table_needs_no_format(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A CSV is read as such without being told."""
    assert run(log, *COLUMNS[2:], "--policy", "uniform") == 0
    assert "600 of 600 rows used" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "told"), [("out.pdf", "out.pdf"), ("nowhere/out.html", "folder that exists")]
)
def test_a_report_that_cannot_be_written_is_refused_before_the_work(
    log: Path, tmp_path: Path, name: str, told: str
) -> None:
    """Nobody waits for an answer that cannot be kept."""
    with pytest.raises(Invalid, match=told) as refusal:
        run(log, *COLUMNS, "--policy", "uniform", "--report", tmp_path / name)
    assert refusal.value.field == "report"


def test_a_log_that_does_not_exist(tmp_path: Path) -> None:
    """A missing file is named."""
    with pytest.raises(Invalid, match="does not exist"):
        run(tmp_path / "nothing", "--format", "csv", "--policy", "uniform")


def test_pages_are_evaluated_as_pages(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A dsjson log of several slots gets the estimators of ranked slots; broken lines are shown."""
    slot: dict[str, Any] = {"_label_cost": -1.0, "_a": [0, 1], "_p": [0.5, 0.5]}
    line = {
        "c": {"_multi": [{}, {}], "_slots": [{}, {}]},
        "_outcomes": [slot, {**slot, "_a": [1], "_p": [1.0]}],
    }
    path = tmp_path / "log.dsjson"
    path.write_text("\n".join([json.dumps(line)] * 40 + ["{broken"]))
    run(path, "--format", "dsjson", "--policy", "uniform")
    out = capsys.readouterr().out
    assert "reward_interaction_ips\t2\t" in out
    assert "1 lines could not be read: line 41: no JSON" in out
