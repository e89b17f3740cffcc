# SPDX-License-Identifier: Apache-2.0
"""The formats of logs, by name; another one is a file here and a line in this table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bandit.errors import Invalid
from simulator.extras import optional
from simulator.logs.bandit_json import read_bandit_json
from simulator.logs.columns import Mapped
from simulator.logs.delimited import read_delimited
from simulator.logs.exported import read_exported
from simulator.logs.open_bandit import read_open_bandit
from simulator.logs.rows import Log


@dataclass(frozen=True, slots=True)
class Request:
    """What a reader may be told.

    Args:
        path: the file.
        mapped: names of columns, for tables.
        placement: which placement, for slotwise's own logs.
    """

    path: Path
    mapped: Mapped
    placement: str | None = None


def _parquet(request: Request) -> Log:
    module = optional("simulator.logs.parquet", what="format parquet")
    log: Log = module.read_parquet(request.path, mapped=request.mapped)
    return log


READERS: dict[str, Callable[[Request], Log]] = {
    "slotwise": lambda request: read_exported(request.path, placement=request.placement),
    "obd": lambda request: read_open_bandit(request.path),
    "dsjson": lambda request: read_bandit_json(request.path),
    "csv": lambda request: read_delimited(request.path, mapped=request.mapped),
    "parquet": _parquet,
}

TABLES = ("csv", "parquet")
"""Formats whose columns are named by whoever reads them."""

# What the end of a name says; what it does not say is taken for slotwise's own.
_BY_SUFFIX = {".csv": "csv", ".parquet": "parquet", ".dsjson": "dsjson"}


def format_of(path: Path) -> str:
    """The format that the end of a file's name says, slotwise's own if it says nothing."""
    name = path.with_suffix("") if path.suffix == ".gz" else path
    return "slotwise" if path.is_dir() else _BY_SUFFIX.get(name.suffix.lower(), "slotwise")


def read_log(request: Request, *, kind: str) -> Log:
    """Open a log; raise Invalid with one clear line when it is none."""
    if kind not in READERS:
        raise Invalid(f"format: got {kind!r}; allowed {', '.join(READERS)}", field="format")
    if not request.path.exists():
        raise Invalid(f"log: got {request.path}, which does not exist", field="log")
    if request.path.is_dir() and kind != "obd":
        raise Invalid(f"log: got the folder {request.path}; allowed a file", field="log")
    return READERS[kind](request)
