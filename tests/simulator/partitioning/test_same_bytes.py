# SPDX-License-Identifier: Apache-2.0
"""An evaluation has the same bytes whether one process reads the log, two do, or a Dask cluster does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import distributed
import orjson
import pytest

from bandit.errors import Invalid
from simulator.evaluation.as_json import as_json
from simulator.evaluation.fitting import cross_fitted, progressive, sample
from simulator.evaluation.results import Options
from simulator.evaluation.run import evaluate
from simulator.evaluation.specs import build_estimators
from simulator.logs.columns import Mapped
from simulator.logs.readers import Request, read_log
from simulator.partitioning.crew import ALONE, Crew
from simulator.partitioning.executors import crew_of
from simulator.targets import build_target

FORMATS = ("parquet", "csv", "packed csv", "slotwise")
ESTIMATORS = ("ips", "snips", "dr", "sndr", "cressie_read", "empirical_likelihood", "tuned:kind=dros")
POLICIES = ("uniform", "fixed:arm=c", "greedy:epsilon=0.2")


@pytest.fixture(scope="module")
def crews() -> Iterator[dict[str, Crew]]:
    """One process, two of them, and a scheduler with a worker that talks to it over the network."""
    with ExitStack() as stack:
        make: Any = distributed.LocalCluster
        cluster = stack.enter_context(
            make(n_workers=1, threads_per_worker=2, processes=True, dashboard_address=None)
        )
        yield {
            "alone": ALONE,
            "two": stack.enter_context(crew_of(workers=2)),
            "dask": stack.enter_context(crew_of(dask=cluster.scheduler_address)),
        }


def evaluated(path: Path, kind: str, crew: Crew) -> bytes:
    """Everything there is to know about a log, as bytes."""
    log = read_log(Request(path, Mapped()), kind=kind.removeprefix("packed "))
    rows = sample(log, crew=crew)
    how = {"kind": "linear", "folds": 3, "seed": 1, "arms": len(log.arms)}
    options = Options(
        estimators=build_estimators(ESTIMATORS, modelled=True),
        reward_range=(0.0, 1.0),
        sequence=True,
        bootstrap=50,
    )
    result = evaluate(
        log,
        [build_target(text) for text in POLICIES],
        options=options,
        model=cross_fitted(rows, **how),  # type: ignore[arg-type]
        earlier=progressive(rows, **how, reward_range=(0.0, 1.0)),  # type: ignore[arg-type]
        crew=crew,
    )
    traces = [(policy.trace, policy.trace_dr) for policy in result.policies]
    return orjson.dumps([as_json(result), traces])


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_bytes_whoever_reads(files: dict[str, Path], crews: dict[str, Crew], kind: str) -> None:
    """Estimates, intervals, diagnostics, findings and sequences do not depend on who did the work."""
    found = {name: evaluated(files[kind], kind, crew) for name, crew in crews.items()}
    assert found["two"] == found["alone"]
    assert found["dask"] == found["alone"]
    first = orjson.loads(found["alone"])[0]
    assert first["log"]["used"] == 2997
    assert all(policy["sequence_dr"]["low"] > 0 for policy in first["policies"])


@pytest.mark.parametrize("name", ["two", "dask"])
def test_what_is_refused_elsewhere_is_refused_here(
    files: dict[str, Path], crews: dict[str, Crew], name: str
) -> None:
    """An error in another process is the same one line."""
    log = read_log(Request(files["parquet"], Mapped()), kind="parquet")
    options = Options(estimators=build_estimators(["snips"], modelled=False))
    with pytest.raises(Invalid, match="policy fixed: got arm 'z'; the log has a, b, c"):
        evaluate(log, [build_target("fixed:arm=z")], options=options, crew=crews[name])


def test_a_scheduler_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """An address where nobody answers is one clear line."""
    monkeypatch.setattr("simulator.partitioning.cluster.TIMEOUT_S", 0.2)
    refused = pytest.raises(Invalid, match=r"dask: got tcp://127\.0\.0\.1:9, where no scheduler answers")
    with refused, crew_of(dask="tcp://127.0.0.1:9"):
        pass
