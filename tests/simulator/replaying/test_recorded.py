# SPDX-License-Identifier: Apache-2.0
"""Reading an export page by page: broken lines, several placements, what nobody saw."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bandit.errors import Invalid
from simulator.replaying.recorded import Recorded


@pytest.fixture
def lines(own: Any) -> list[dict[str, Any]]:
    """The pages of the service's log as plain values."""
    return [json.loads(line) for line in own.export.read_text().splitlines()]


def written(path: Path, lines: list[Any]) -> Path:
    """A file of these lines; texts as they are."""
    path.write_text("\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines))
    return path


def test_pages_are_read_as_they_were_written(own: Any, lines: list[dict[str, Any]]) -> None:
    """Every page, with what was known and what was shown, in order."""
    recorded = Recorded.of(own.export)
    pages = list(recorded.read())
    assert [page.decision_id for page in pages] == [line["decision_id"] for line in lines]
    assert (recorded.pages, recorded.rows, recorded.most) == (len(lines), 2 * len(lines), 2)
    assert recorded.fields == {"page.section", "page.age"}
    assert recorded.arms == ("bags", "coats", "hats", "shoes")
    assert all(page.made_from < page.position for page in pages)


def test_broken_lines_are_counted_and_the_others_read(tmp_path: Path, lines: list[dict[str, Any]]) -> None:
    """No JSON, a missing field, no position of the model: each is named with its line."""
    foreign = {**lines[0], "made_from": "linucb"}
    lacking = {key: value for key, value in lines[1].items() if key != "slots"}
    recorded = Recorded.of(written(tmp_path / "log", [lines[0], "{", lacking, foreign, "", lines[1]]))
    assert recorded.pages == 2
    assert [one.number for one in recorded.broken] == [2, 3, 4]
    assert "slots" in recorded.broken[1].why


def test_what_nobody_saw_says_nothing(tmp_path: Path, lines: list[dict[str, Any]]) -> None:
    """Deferred pages that were never shown, and pages without slots, are left out and counted."""
    unseen = {**lines[0], "deferred": True, "activated_at": None}
    recorded = Recorded.of(written(tmp_path / "log", [unseen, {**lines[1], "slots": []}, lines[2]]))
    assert recorded.skipped == {"deferred and never shown": 1, "without slots": 1}
    assert [page.decision_id for page in recorded.read()] == [lines[2]["decision_id"]]


def test_one_placement_of_several(tmp_path: Path, lines: list[dict[str, Any]]) -> None:
    """Without its name the file is refused; with it, the others are passed over."""
    path = written(tmp_path / "log", [lines[0], {**lines[1], "placement": "footer"}])
    with pytest.raises(Invalid, match="placement: got 2; allowed one of footer, hero"):
        Recorded.of(path)
    assert [page.placement for page in Recorded.of(path, placement="footer").read()] == ["footer"]
    with pytest.raises(Invalid, match="placement: got 'side'; the log has footer, hero"):
        Recorded.of(path, placement="side")


@pytest.mark.parametrize("content", [b"", b"not a log\n", b"\x00\xff\xfe\x80" * 50])
def test_what_is_no_export_is_refused(tmp_path: Path, content: bytes) -> None:
    """Empty files, prose and noise get one line."""
    path = tmp_path / "what"
    path.write_bytes(content)
    with pytest.raises(Invalid, match="log: got") as refusal:
        Recorded.of(path)
    assert "\n" not in refusal.value.message
