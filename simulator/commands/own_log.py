# SPDX-License-Identifier: Apache-2.0
"""A log: a file, the standard input, or a data directory, of which an export is made for the while."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bandit.commands.exports.joined import check_placements, joined
from bandit.commands.exports.jsonl import jsonl
from bandit.commands.reading import reading
from bandit.commands.terminal import progress
from bandit.core.catalogue import Placement
from bandit.errors import Invalid

STANDARD_INPUT = Path("-")


@contextmanager
def opened_log(
    path: Path, *, placement: str | None, own: bool
) -> Iterator[tuple[Path, tuple[str, Placement] | None]]:
    """A file to read, and of a data directory the placement as it was at the last decision.

    Args:
        path: as it was given; `-` is the standard input.
        placement: which one; may be left out where the directory holds one.
        own: whether a folder is a data directory.

    Raises:
        Invalid: no decision, or several placements and none is named.
        NotFound: a folder without a log.
    """
    if path == STANDARD_INPUT:
        # A log is read more than once, which a pipe cannot be.
        with TemporaryDirectory(prefix="slotwise-") as folder:
            file = Path(folder) / "standard input"
            with file.open("wb") as out:
                shutil.copyfileobj(sys.stdin.buffer, out)
            yield file, None
        return
    if not own or not path.is_dir():
        if not path.exists():
            raise Invalid(f"log: got {path}, which does not exist", field="log")
        yield path, None
        return
    with TemporaryDirectory(prefix="slotwise-") as folder:
        file = Path(folder) / "log.jsonl"
        last = _export(path, file, placement)
        if len(last) != 1:
            known = ", ".join(sorted(last)) or "no decision"
            raise Invalid(f"placement: got {placement!r}; the log has {known}", field="placement")
        yield file, next(iter(last.items()))


def _export(data_dir: Path, file: Path, placement: str | None) -> dict[str, Placement]:
    """Write the decisions of a placement, or all; each placement as it was last."""
    last: dict[str, Placement] = {}
    only = frozenset() if placement is None else frozenset({placement})
    with reading(data_dir) as log, file.open("wb") as out, progress("reading", total=log.head) as advance:
        check_placements(log, only)
        for position, decision in joined(log, only=only):
            if decision is not None:
                out.write(jsonl(decision))
                last[decision.decided.placement] = decision.placement
            advance(position)
    return last
