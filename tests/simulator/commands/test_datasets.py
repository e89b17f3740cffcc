# SPDX-License-Identifier: Apache-2.0
"""`slotwise datasets` lists and gets."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from simulator.datasets import DATASETS

RunSlotwise = Callable[..., "subprocess.CompletedProcess[str]"]


def test_list_names_every_dataset(run_slotwise: RunSlotwise, tmp_path: Path) -> None:
    """The list is the table, with what is kept on this machine."""
    done = run_slotwise("datasets", "list", "--json", SLOTWISE_CACHE_DIR=str(tmp_path))
    listed = {row["name"]: row for row in json.loads(done.stdout)}
    assert (done.returncode, done.stderr) == (0, "")
    assert list(listed) == list(DATASETS)
    assert not any(row["kept"] for row in listed.values())


def test_list_is_a_table_too(run_slotwise: RunSlotwise) -> None:
    """Without --json there is a line for each, with tabs between the columns when nobody watches."""
    lines = run_slotwise("datasets", "list").stdout.splitlines()
    assert [line.split("\t")[0] for line in lines] == ["name", *DATASETS]


def test_unknown_name_is_refused(run_slotwise: RunSlotwise) -> None:
    """A name that is not in the table is wrong usage, and the table is shown."""
    done = run_slotwise("datasets", "get", "open-bandit")
    assert (done.returncode, done.stdout) == (2, "")
    assert "name: got 'open-bandit'; allowed open-bandit-random-all" in done.stderr


def test_without_an_index_there_is_one_line(run_slotwise: RunSlotwise, tmp_path: Path) -> None:
    """No network is one clear line and exit status 1."""
    environment = {
        "SLOTWISE_CACHE_DIR": str(tmp_path / "cache"),
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": str(tmp_path),
        "PIP_CONFIG_FILE": os.devnull,
    }
    done = run_slotwise("datasets", "get", "open-bandit-bts-men", **environment)
    progress, error = done.stderr.splitlines()
    assert (done.returncode, done.stdout, progress) == (1, "", "fetching obp 0.5.7 ...")
    assert error.startswith("slotwise: package index: got no obp 0.5.7 (")
