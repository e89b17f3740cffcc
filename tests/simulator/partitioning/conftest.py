# SPDX-License-Identifier: Apache-2.0
"""One log in every format that is read in pieces, small enough for tests, with pieces smaller still."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

ROWS, GROUP = 3000, 400
HEADER = "action,reward,propensity,p_a,p_b,p_c,x_age,at,decision_id,pi_new"


@pytest.fixture(scope="session")
def table() -> dict[str, list[object]]:
    """3,000 rows of three arms: one is broken, two come twice, one is older than those before it."""
    g = np.random.default_rng(21)
    vectors = g.random((ROWS, 3)) + 0.1
    vectors /= vectors.sum(axis=1, keepdims=True)
    arm = (g.random(ROWS)[:, None] > vectors.cumsum(axis=1)).sum(axis=1).clip(0, 2)
    reward = (g.random(ROWS) < np.array([0.2, 0.4, 0.6])[arm]).astype(float)
    propensity = vectors[np.arange(ROWS), arm]
    propensity[1777] = -1.0
    at = np.arange(ROWS, dtype=float)
    at[2100] = 50.0
    identity = [f"d{i}" for i in range(ROWS)]
    identity[1234], identity[2999] = "d7", "d2998"
    columns = [
        ["abc"[i] for i in arm],
        reward.tolist(),
        propensity.tolist(),
        *vectors.T.tolist(),
        g.integers(18, 80, ROWS).tolist(),
        at.tolist(),
        identity,
        g.random(ROWS).tolist(),
    ]
    return dict(zip(HEADER.split(","), columns, strict=True))


@pytest.fixture(scope="session")
def files(table: dict[str, list[object]], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The log as Parquet in row groups, as CSV plain and packed, and as an export of slotwise."""
    folder = tmp_path_factory.mktemp("logs")
    pq.write_table(pa.table(table), folder / "log.parquet", row_group_size=GROUP)
    rows = [",".join(map(str, row)) for row in zip(*table.values(), strict=True)]
    # a field with a line break in it: rows are not lines
    text = "\n".join([HEADER.replace("decision_id", '"decision_id"'), *rows]).replace(",d900,", ',"d\n900",')
    (folder / "log.csv").write_text(text)
    (folder / "log.csv.gz").write_bytes(gzip.compress(text.encode()))
    lines = [_line(dict(zip(table, row, strict=True))) for row in zip(*table.values(), strict=True)]
    lines.insert(1500, "{broken")
    (folder / "log.jsonl").write_text("\n".join(lines))
    return {
        "parquet": folder / "log.parquet",
        "csv": folder / "log.csv",
        "packed csv": folder / "log.csv.gz",
        "slotwise": folder / "log.jsonl",
    }


def _line(row: dict[str, object]) -> str:
    slot = {
        "slot": 0,
        "arm": row["action"],
        "propensity": row["propensity"],
        "probabilities": [row["p_a"], row["p_b"], row["p_c"]],
        "reward": row["reward"],
    }
    whole = {"decision_id": row["decision_id"], "placement": "home", "arms": ["a", "b", "c"], "at": row["at"]}
    return json.dumps(whole | {"x": [[row["x_age"]]], "slots": [slot]})


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of 1,000 rows instead of tens of thousands."""
    for module in ("logs.delimited", "logs.exported", "logs.parquet", "partitioning.pieces"):
        monkeypatch.setattr(f"simulator.{module}.PIECE_ROWS", 1000)
