# SPDX-License-Identifier: Apache-2.0
"""`slotwise apply`: into a data directory that no server is using, and what it refuses."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bandit.commands.directory import opened
from bandit.log.lock import DirectoryLock
from bandit.settings import Settings

BAD = {
    "no mapping": ("[1, 2]", "catalogue: got something else"),
    "twice": ("placements: {hero: {}, hero: {}}", "got the key 'hero' twice (line 1)"),
    "unknown field": ("placements: {hero: {colour: red}}", "placements.hero.colour: unknown field"),
    "wrong type": ("placements: {hero: {slots: many}}", "placements.hero.slots: got 'many'"),
    "out of range": ("placements: {hero: {arms: {a: {boost: 0}}}}", "placements.hero.arms.a.boost: got 0"),
    "no adapter": ("placements: {hero: {context: [moon]}}", "context: got 'moon'"),
    "no policy": ("placements: {hero: {policy: {kind: oracle}}}", "policy.kind: got 'oracle'"),
    "no zone": (
        "placements: {hero: {arms: {a: {starts_at: '2026-01-01T00:00:00'}}}}",
        "placements.hero.arms.a.starts_at: got 2026-01-01T00:00:00; allowed a time with its zone",
    ),
    "not yaml": ("placements: {hero: {", "got what is not YAML"),
    "empty": ("", "catalogue: got something else"),
}


def test_a_new_directory_is_made(slotwise: Any, catalogue: Path, tmp_path: Path) -> None:
    """Applying shows what is added and leaves it in the log."""
    status, out, err = slotwise("apply", catalogue, "--data-dir", tmp_path / "new")
    assert (status, err) == (0, "")
    assert "+ hero arm coats\n" in out
    assert out.endswith("applied: 2 of 2 placements changed\n")
    assert slotwise("verify", "--data-dir", tmp_path / "new").out.startswith("checked\tgood\nrecords\t3\n")


def test_applying_again_changes_nothing(slotwise: Any, catalogue: Path, data_dir: Path) -> None:
    """The same catalogue a second time appends nothing, says so, and is a success."""
    assert slotwise("apply", catalogue, "--data-dir", data_dir) == (0, "nothing changes\n", "")
    assert "records\t3\n" in slotwise("verify", "--data-dir", data_dir).out


def test_only_what_differs_is_applied(slotwise: Any, catalogue: Path, data_dir: Path) -> None:
    """A changed placement is one record, and the others stay."""
    catalogue.write_text(catalogue.read_text("utf-8").replace("boost: 1.5", "boost: 2"), "utf-8")
    status, out, _ = slotwise("apply", catalogue, "--data-dir", data_dir)
    assert (status, out) == (
        0,
        "~ hero arm shoes boost: 1.5 -> 2.0\napplied: 1 of 2 placements changed\n",
    )
    assert "records\t4\n" in slotwise("verify", "--data-dir", data_dir).out


def test_a_new_order_of_arms_is_applied(slotwise: Any, tmp_path: Path) -> None:
    """The order of the arms is the marketer's; a file that only changes it is applied."""
    path = tmp_path / "order.yaml"
    path.write_text("placements: {p: {arms: {a: {}, b: {}}}}", "utf-8")
    slotwise("apply", path, "--data-dir", tmp_path / "d")
    path.write_text("placements: {p: {arms: {b: {}, a: {}}}}", "utf-8")
    assert slotwise("apply", path, "--data-dir", tmp_path / "d").out.startswith(
        '~ p arms: ["a","b"] -> ["b","a"]\n'
    )
    assert slotwise("apply", path, "--data-dir", tmp_path / "d").out == "nothing changes\n"


def test_placements_that_are_not_named_stay(slotwise: Any, data_dir: Path, tmp_path: Path) -> None:
    """A file with one placement leaves the others alone."""
    path = tmp_path / "one.yaml"
    path.write_text("placements: {third: {arms: {a: {}}}}", "utf-8")
    assert slotwise("apply", path, "--data-dir", data_dir).status == 0
    again = slotwise("apply", tmp_path / "catalogue.yaml", "--data-dir", data_dir)
    assert again.out == "nothing changes\n"


def test_a_dry_run_changes_nothing(slotwise: Any, catalogue: Path, data_dir: Path) -> None:
    """--dry-run shows the difference and leaves the log as it was."""
    catalogue.write_text(catalogue.read_text("utf-8").replace("boost: 1.5", "boost: 2"), "utf-8")
    status, out, _ = slotwise("apply", catalogue, "--data-dir", data_dir, "--dry-run")
    assert status == 0
    assert out.endswith("would change 1 of 2 placements; nothing was applied (--dry-run)\n")
    assert "records\t3\n" in slotwise("verify", "--data-dir", data_dir).out


def test_a_dry_run_makes_no_directory(slotwise: Any, catalogue: Path, tmp_path: Path) -> None:
    """A catalogue can be checked where there is no data yet."""
    status, out, _ = slotwise("apply", catalogue, "--data-dir", tmp_path / "new", "--dry-run")
    assert (status, out.splitlines()[0]) == (0, "+ hero")
    assert not (tmp_path / "new").exists()


def test_json(slotwise: Any, catalogue: Path, tmp_path: Path) -> None:
    """--json prints the same differences for programs."""
    _, out, _ = slotwise("apply", catalogue, "--data-dir", tmp_path / "new", "--json")
    shown = json.loads(out)
    assert shown["applied"] is True
    assert shown["changes"][1] == {
        "kind": "added",
        "placement": "hero",
        "arm": "coats",
        "field": "",
        "before": None,
        "after": None,
    }


@pytest.mark.parametrize("kind", BAD)
def test_what_is_not_a_catalogue(slotwise: Any, tmp_path: Path, kind: str) -> None:
    """Each kind of mistake is bad input, named in one line, and no directory is made."""
    text, problem = BAD[kind]
    path = tmp_path / "bad.yaml"
    path.write_text(text, "utf-8")
    status, out, err = slotwise("apply", path, "--data-dir", tmp_path / "new")
    assert (status, out) == (2, "")
    assert problem in err
    assert err.count("\n") == 1
    assert not (tmp_path / "new").exists()


def test_a_file_that_is_not_there(slotwise: Any, tmp_path: Path) -> None:
    """A catalogue that cannot be read is a failure, not wrong usage."""
    status, _, err = slotwise("apply", tmp_path / "no.yaml", "--data-dir", tmp_path / "new")
    assert status == 1
    assert "no.yaml (no such file or directory); allowed a file that can be read" in err


def test_a_file_without_end(slotwise: Any, tmp_path: Path) -> None:
    """A file that is far too large is refused before it is read whole."""
    status, _, err = slotwise("apply", "/dev/zero", "--data-dir", tmp_path / "new")
    assert status == 2
    assert "got more than 33554432 bytes in /dev/zero" in err


def test_a_directory_in_use(slotwise: Any, catalogue: Path, data_dir: Path) -> None:
    """Another process's directory is left alone."""
    lock = DirectoryLock(data_dir)
    status, _, err = slotwise("apply", catalogue, "--data-dir", data_dir)
    lock.release()
    assert status == 1
    assert err.startswith(f"slotwise: data directory: got {data_dir}, in use by process ")
    assert err.count("\n") == 1


def test_what_forgets_is_shown_and_refused_without_leave(slotwise: Any, tmp_path: Path) -> None:
    """Another kind of policy forgets: a dry run says so, and applying it wants --forget."""
    path, data = tmp_path / "c.yaml", tmp_path / "d"
    path.write_text("placements: {p: {policy: {kind: linucb}, context: [], arms: {a: {}, b: {}}}}", "utf-8")
    slotwise("apply", path, "--data-dir", data)
    asyncio.run(decided(data))
    path.write_text(path.read_text("utf-8").replace("linucb", "thompson"), "utf-8")
    said = "! p forgets, by policy.kind: changes from linucb to thompson: what the policy has learned\n"
    assert said in slotwise("apply", path, "--data-dir", data, "--dry-run").out
    status, out, err = slotwise("apply", path, "--data-dir", data)
    assert (status, out) == (1, "")
    assert "forgets what 1 decision taught" in err
    assert "--forget" in err
    assert said in slotwise("apply", path, "--data-dir", data, "--forget").out
    assert slotwise("apply", path, "--data-dir", data).out == "nothing changes\n"


async def decided(data_dir: Path) -> None:
    """Let a placement decide once."""
    async with opened(Settings(data_dir=data_dir)) as service:
        await service.rank("p", {})
