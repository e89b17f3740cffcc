# SPDX-License-Identifier: Apache-2.0
"""Results of other processes handed over as files.

A pipe takes megabytes in small bites, and each of them has to win the interpreter back from the work that
goes on here meanwhile; a file is read at once when its turn has come.
"""

from __future__ import annotations

import os
import pickle
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Posted:
    """Where a result waits; it can be taken once."""

    path: Path

    def taken(self) -> Any:
        """The result; its file is gone."""
        with self.path.open("rb") as file:
            result = pickle.load(file)  # noqa: S301 - a worker of ours wrote it into a folder of ours
        self.path.unlink()
        return result


@dataclass(frozen=True, slots=True)
class Posting(Generic[Item, Result]):
    """Does `work` in another process and leaves what comes of it in `folder`."""

    work: Callable[[Item], Result]
    folder: Path

    def __call__(self, item: Item) -> Posted:
        """Do it."""
        result = self.work(item)
        descriptor, name = tempfile.mkstemp(dir=self.folder)
        with os.fdopen(descriptor, "wb") as file:
            pickle.dump(result, file, pickle.HIGHEST_PROTOCOL)
        return Posted(Path(name))
