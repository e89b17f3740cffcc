# SPDX-License-Identifier: Apache-2.0
"""A Dask cluster as a crew. Needs distributed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import distributed

from bandit.errors import Invalid
from simulator.partitioning.crew import Crew

TIMEOUT_S = 10
# pieces under way for each thread of the cluster
AHEAD = 3


# what distributed says of its own types is not for strict checkers
connect: Any = distributed.Client


@contextmanager
def joined(address: str) -> Iterator[Crew]:
    """The workers of the scheduler at `address`; raise Invalid where there is none, or it has no workers."""
    try:
        client = connect(address, timeout=TIMEOUT_S, set_as_default=False)
    except (OSError, ValueError, TimeoutError) as error:
        why = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise Invalid(f"dask: got {address}, where no scheduler answers ({why})", field="dask") from None
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise Invalid(
                f"dask: got {address}, a scheduler without workers; allowed one or more", field="dask"
            )
        with client.get_executor(pure=False) as executor:
            yield Crew(executor, ahead=AHEAD * threads)
