# SPDX-License-Identifier: Apache-2.0
"""Crews by name: processes on this machine, or the workers of a Dask cluster."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bandit.errors import Invalid
from simulator.extras import optional
from simulator.partitioning.crew import ALONE, Crew

# items a process may have waiting: enough to never idle, few enough to bound memory
AHEAD = 3
# of these, what each of the other processes has in its hands: one to do and one to go on with
HANDS = 2


@contextmanager
def crew_of(*, workers: int = 1, dask: str | None = None) -> Iterator[Crew]:
    """A crew for as long as the context lasts.

    Args:
        workers: processes that work, this one among them.
        dask: address of a Dask scheduler, whose workers must have slotwise and see the log under the same
            path.

    Raises:
        Invalid: both are given, the scheduler does not answer, or Dask is not installed.
    """
    if dask is not None and workers != 1:
        raise Invalid("dask: got an address and --workers; allowed one of the two", field="dask")
    if dask is not None:
        with optional("simulator.partitioning.cluster", what="dask", extra="distributed").joined(
            dask
        ) as crew:
            yield crew
    elif workers == 1:
        yield ALONE
    else:
        # fresh interpreters: a copy of this process would have its locks but not the threads that hold them
        fresh = multiprocessing.get_context("spawn")
        with (
            TemporaryDirectory(prefix="slotwise-") as folder,
            ProcessPoolExecutor(workers - 1, mp_context=fresh) as executor,
        ):
            yield Crew(executor, ahead=AHEAD * workers, hands=HANDS * (workers - 1), folder=Path(folder))
