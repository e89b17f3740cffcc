# SPDX-License-Identifier: Apache-2.0
"""Data sets on this machine: a folder each, whose files are checked every time that they are used."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from simulator.datasets.dataset import Dataset, Member
from simulator.datasets.extraction import digest


def cache_dir() -> Path:
    """Where data sets are kept: SLOTWISE_CACHE_DIR, else the platform's folder for a user's cache."""
    if own := os.environ.get("SLOTWISE_CACHE_DIR"):
        return Path(own)
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "slotwise"
    # A relative XDG_CACHE_HOME is invalid and is to be ignored (XDG base directory specification 0.8).
    folder = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (folder if folder.is_absolute() else Path.home() / ".cache") / "slotwise"


def folder_of(dataset: Dataset) -> Path:
    """Where a data set is kept, present or not."""
    return cache_dir() / "datasets" / dataset.name


def is_kept(dataset: Dataset) -> bool:
    """Whether all files are there, with the right bytes."""
    return all(_is_right(folder_of(dataset) / member.name, member) for member in dataset.members)


def keep(files: Mapping[str, bytes], *, into: Path) -> None:
    """Write files into a folder; each appears whole or not at all."""
    into.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        handle, temporary = tempfile.mkstemp(dir=into, prefix=f".{name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(into / name)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(temporary).unlink()
            raise


def _is_right(file: Path, member: Member) -> bool:
    try:
        return file.stat().st_size == member.size and digest(file.read_bytes()) == member.sha256
    except OSError:
        return False
