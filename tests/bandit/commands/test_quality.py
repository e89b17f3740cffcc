# SPDX-License-Identifier: Apache-2.0
"""`slotwise quality`: the report on a placement's context, from a data directory and from a server."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def test_a_data_directory_and_its_server_say_the_same(slotwise: Any, serve: Any, lived_in: Path) -> None:
    """The log alone holds what the report is made of."""
    local = slotwise("quality", "--data-dir", lived_in, "--placement", "hero", "--json")
    key = slotwise("keys", "create", "--role", "viewer", "--data-dir", lived_in).out.strip()
    server = serve(data_dir=lived_in)
    remote = slotwise("quality", "--url", server.url, "--key", key, "--placement", "hero", "--json")
    assert json.loads(remote.out) == json.loads(local.out)
    report = json.loads(local.out)
    assert report["decisions"] == 4
    assert [each["field"] for each in report["fields"]] == ["page.section"]
    assert report["fields"][0]["missing"] == 0.0


def test_the_table(slotwise: Any, lived_in: Path) -> None:
    """Without --json there is a line a field, below what was looked at."""
    out = slotwise("quality", "--data-dir", lived_in, "--placement", "hero").out.splitlines()
    assert out[0].startswith("hero: 4 decisions of the last seven days, 0 of the four weeks before")
    assert out[2] == "page.section\t-\t-\t-\t-\t-\t-"


def test_nothing_to_look_at(slotwise: Any, data_dir: Path) -> None:
    """A placement that has decided nothing is told so."""
    outcome = slotwise("quality", "--data-dir", data_dir, "--placement", "hero")
    assert (outcome.status, outcome.out) == (0, "hero: no decisions in the last five weeks\n")
