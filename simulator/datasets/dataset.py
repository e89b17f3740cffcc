# SPDX-License-Identifier: Apache-2.0
"""What a data set is: files inside a distribution of a package index, each known by its SHA-256."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A distribution on a package index.

    Args:
        project, version: its name and version there.
        kind: a wheel is only unpacked. For an sdist pip runs the project's build script to learn its name, so
            `sha256` of the whole archive is required first.
        folder: top folder of the files inside.
        module: package from whose installed files the same bytes may be taken instead.
    """

    project: str
    version: str
    kind: Literal["wheel", "sdist"]
    folder: str
    sha256: str = ""
    module: str = ""

    @property
    def label(self) -> str:
        """Project and version, as people write them."""
        return f"{self.project} {self.version}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A file of a data set.

    Args:
        path: inside the archive, below its folder.
        size: bytes.
    """

    path: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        """What the file is called where it is kept."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dataset:
    """Real data with a name.

    Args:
        name: as it is asked for.
        about: one line.
        rows: of its main file.
        licence: of the data.
        archive: where it is.
        members: its files, the main one first.
    """

    name: str
    about: str
    rows: int
    licence: str
    archive: Archive
    members: tuple[Member, ...]
