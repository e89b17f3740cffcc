# SPDX-License-Identifier: Apache-2.0
"""A recorded log is read as it stands, or refused with the line that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from bandit.errors import Invalid
from simulator.feeding.impressions import Impression, read_impressions

LOG = """,timestamp,item_id,position,click,propensity_score,user_feature_0,user_feature_1,user-item_affinity_0
0,2019-11-24,10,3,0,0.5,red,,0.0
1,2019-11-24,2,1,1,0.5,blue,x,0.0
2,2019-11-24,10,1,0,0.5,red,x,1.0
"""
ITEMS = """,item_id,item_feature_0,item_feature_1
0,2,-0.5,abc
1,10,1.5,def
2,11,0,
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log with its items."""
    (tmp_path / "all.csv").write_text(LOG)
    (tmp_path / "item_context.csv").write_text(ITEMS)
    return tmp_path


def test_log_is_read_as_it_stands(folder: Path) -> None:
    """Order, arms, clicks and what was known are kept; what is empty was not known."""
    log = read_impressions(folder)
    assert log.impressions == [
        Impression("10", 0.0, {"position": "3", "user_feature_0": "red"}),
        Impression("2", 1.0, {"position": "1", "user_feature_0": "blue", "user_feature_1": "x"}),
        Impression("10", 0.0, {"position": "1", "user_feature_0": "red", "user_feature_1": "x"}),
    ]
    assert log.levels == {
        "position": ["1", "3"],
        "user_feature_0": ["blue", "red"],
        "user_feature_1": ["x"],
    }
    assert log.click_rate == pytest.approx(1 / 3)


def test_arms_come_from_the_items(folder: Path) -> None:
    """Items that were never shown could have been; numbers stay numbers."""
    assert read_impressions(folder).arms == {
        "2": {"item_feature_0": -0.5, "item_feature_1": "abc"},
        "10": {"item_feature_0": 1.5, "item_feature_1": "def"},
        "11": {"item_feature_0": 0.0},
    }


def test_arms_are_those_shown_without_items(folder: Path) -> None:
    """A log alone knows the arms that it showed, in the order of their numbers."""
    (folder / "item_context.csv").unlink()
    assert list(read_impressions(folder / "all.csv").arms) == ["2", "10"]


def test_limit_takes_the_first(folder: Path) -> None:
    """A limit reads the first impressions, and a larger one all."""
    whole = read_impressions(folder).impressions
    assert read_impressions(folder, limit=2).impressions == whole[:2]
    assert read_impressions(folder, limit=9).impressions == whole


def test_user_is_read_where_there_is_one(tmp_path: Path) -> None:
    """A log that says who it was keeps that."""
    file = tmp_path / "own.csv"
    file.write_text("item_id,click,user_id\na,1,u-1\nb,0.5,\n")
    assert read_impressions(file).impressions == [
        Impression("a", 1.0, {}, "u-1"),
        Impression("b", 0.5, {}, ""),
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "without the column 'item_id'"),
        ("item_id,shown\na,1\n", "without the column 'click'"),
        ("item_id,click\n", "no impressions"),
        ("item_id,click\na,yes\n", "click: got 'yes' in own.csv line 2; allowed 0 to 1"),
        ("item_id,click\na,1\nb,nan\n", "click: got 'nan' in own.csv line 3"),
        ("item_id,click\na,1\nb,1,2\n", "own.csv line 3 with another number of fields; allowed 2"),
        ("item_id,click\na\n", "own.csv line 2 with another number of fields"),
    ],
)
def test_wrong_log_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    """What is not a log is refused with what is wrong, and where."""
    file = tmp_path / "own.csv"
    file.write_text(text)
    with pytest.raises(Invalid) as caught:
        read_impressions(file)
    assert problem in str(caught.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    """A file that is not CSV at all is named."""
    file = tmp_path / "own.csv"
    file.write_bytes(b"item_id,click\n\xff\xfe,1\n")
    with pytest.raises(Invalid, match=r"own\.csv, which is not CSV"):
        read_impressions(file)


def test_folder_with_two_logs_is_refused(folder: Path) -> None:
    """Which of two logs is meant has to be said."""
    (folder / "more.csv").write_text(LOG)
    with pytest.raises(Invalid, match="got 2 logs"):
        read_impressions(folder)


def test_item_that_is_not_in_the_catalogue_is_refused(folder: Path) -> None:
    """A log and items that do not belong together are not mixed."""
    (folder / "item_context.csv").write_text("item_id\n2\n")
    with pytest.raises(Invalid, match=r"got item '10'; allowed those in item_context\.csv"):
        read_impressions(folder)
