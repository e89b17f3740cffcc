# SPDX-License-Identifier: Apache-2.0
"""CSV and Parquet logs with any column names, and the files of the Open Bandit Dataset."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bandit.errors import Invalid
from simulator.logs.columns import Mapped
from simulator.logs.readers import Request, read_log
from simulator.logs.rows import Log, Rows

TEXT = (
    "item,click,prob,p_b,p_a,x_age,x_device,pi_new,when\n"
    "a,1,0.25,0.75,0.25,30,phone,0.5,2024-01-01T00:00:00Z\n"
    "b,0,0.75,0.75,0.25,,tablet,0.5,2024-01-01 00:00:10\n"
    "b,0,0.75\n"
    "b,1,0.75,0.75,0.25,41,phone,0.9,1704067220\n"
)
COLUMNS = "action=item,reward=click,propensity=prob,at=when"


def read(path: Path, *, kind: str = "csv", columns: str = COLUMNS) -> Log:
    """Open a log."""
    return read_log(Request(path, Mapped.parse(columns)), kind=kind)


def whole(log: Log) -> Rows:
    """Its only batch."""
    (rows,) = log.batches()
    return rows


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A log of three rows and one broken line."""
    path = tmp_path / "log.csv"
    path.write_text(TEXT)
    return path


def test_columns_land_where_they_are_mapped(table: Path) -> None:
    """Arms are sorted, whole vectors follow the arms, and a line of another width is counted."""
    log = read(table)
    rows = whole(log)
    assert log.arms == ("a", "b")
    assert rows.action.tolist() == [0, 1, 1]
    assert rows.reward.tolist() == [1.0, 0.0, 1.0]
    assert rows.propensity is not None
    assert rows.propensity.tolist() == [0.25, 0.75, 0.75]
    assert rows.probabilities is not None
    assert rows.probabilities.tolist() == [[0.25, 0.75]] * 3
    assert [line.number for line in log.broken] == [4]


def test_features_are_numbers_with_a_mark_for_missing_or_levels(table: Path) -> None:
    """A missing number is marked, not mistaken for 0; texts become one column a level."""
    log = read(table)
    rows = whole(log)
    assert log.features == ("x_age", "x_age missing", "x_device=phone", "x_device=tablet")
    assert rows.context is not None
    assert rows.context.tolist() == [[30, 0, 1, 0], [0, 1, 0, 1], [41, 0, 1, 0]]


def test_times_and_policies(table: Path) -> None:
    """Times are seconds whatever their form, and logged policies keep their names."""
    rows = whole(read(table))
    assert rows.at is not None
    assert rows.at.tolist() == [1704067200.0, 1704067210.0, 1704067220.0]
    assert rows.policies["new"].tolist() == [0.5, 0.5, 0.9]


def test_gzip_reads_alike(table: Path) -> None:
    """A gzipped file is the same log."""
    packed = table.with_suffix(".csv.gz")
    packed.write_bytes(gzip.compress(TEXT.encode()))
    assert whole(read(packed)).reward.tolist() == whole(read(table)).reward.tolist()


def test_batches_continue_where_the_last_one_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches number their rows through the log."""
    monkeypatch.setattr("simulator.logs.delimited.BATCH_ROWS", 4)
    path = tmp_path / "log.csv"
    path.write_text("action,reward\n" + "".join(f"{i % 3},{i}\n" for i in range(10)))
    batches = list(read(path, columns="").batches())
    assert [(rows.start, len(rows)) for rows in batches] == [(0, 4), (4, 4), (8, 2)]
    assert np.concatenate([rows.reward for rows in batches]).tolist() == list(range(10))


@pytest.mark.parametrize(
    ("content", "columns", "message"),
    [
        (b"", "", "without a header"),
        (b"\x80\xff\x00\x01", "", "no text"),
        (b"action,reward\n", "", "got no rows"),
        (b"arm,reward\na,1\n", "", "column action: got no 'action' in the log; it has arm, reward"),
        (b"action,reward\na,1\n", "propensity=q", "column propensity: got no 'q'"),
        (b"action,reward\na,1\n", "colour=q", "columns: got 'colour=q'; allowed action"),
    ],
)
def test_what_is_no_log_is_said_in_one_line(
    tmp_path: Path, content: bytes, columns: str, message: str
) -> None:
    """Files that are no log are refused with what is wrong."""
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    with pytest.raises(Invalid, match=message) as refusal:
        read(path, columns=columns)
    assert "\n" not in refusal.value.message


def test_parquet_reads_as_csv_does(table: Path, tmp_path: Path) -> None:
    """The same table in Parquet gives the same rows, whole vectors as a list column included."""
    path = tmp_path / "log.parquet"
    vectors = pa.FixedSizeListArray.from_arrays(pa.array([0.25, 0.75] * 3), 2)
    columns = {
        "item": pa.array([0, 1, 1]),
        "click": pa.array([1, 0, 1]),
        "prob": pa.array([0.25, 0.75, 0.75]),
        "p_all": vectors,
        "x_age": pa.array([30.0, None, 41.0]),
        "x_device": pa.array(["phone", "tablet", "phone"]),
        "pi_new": pa.array([0.5, 0.5, 0.9]),
        "when": pa.array([1704067200, 1704067210, 1704067220]),
    }
    pq.write_table(pa.table(columns), path)
    got, wanted = whole(read(path, kind="parquet")), whole(read(table))
    for name in ("reward", "action", "propensity", "probabilities", "context", "at"):
        np.testing.assert_array_equal(getattr(got, name), getattr(wanted, name))
    assert got.policies["new"].tolist() == wanted.policies["new"].tolist()


def test_truncated_parquet_is_refused(tmp_path: Path) -> None:
    """Half a Parquet file is refused in one line."""
    path = tmp_path / "log.parquet"
    pq.write_table(pa.table({"action": [1, 2], "reward": [0.0, 1.0]}), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(Invalid, match="no whole Parquet file") as refusal:
        read(path, kind="parquet", columns="")
    assert "\n" not in refusal.value.message


def test_open_bandit_columns(tmp_path: Path) -> None:
    """The dataset's columns are known; slots count from 0 and join the context."""
    path = tmp_path / "all.csv"
    path.write_text(
        ",timestamp,item_id,position,click,propensity_score,user_feature_0,user-item_affinity_0\n"
        "0,2019-11-24 00:00:34.762830+00:00,14,3,0,0.0125,81ce,0.0\n"
        "1,2019-11-24 00:00:35.0+00:00,2,1,1,0.5,03a5,0.0\n"
    )
    log = read(tmp_path, kind="obd", columns="")
    rows = whole(log)
    assert log.arms == ("2", "14")
    assert log.features == ("user_feature_0=03a5", "user_feature_0=81ce", "position=1", "position=3")
    assert rows.position is not None
    assert rows.position.tolist() == [1, 0]
    assert rows.context is not None
    assert rows.context.tolist() == [[0, 1, 0, 1], [1, 0, 1, 0]]
