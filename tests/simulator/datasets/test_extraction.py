# SPDX-License-Identifier: Apache-2.0
"""Hostile and damaged archives give an error and no file."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from bandit.errors import SlotwiseError
from simulator.datasets.dataset import Archive, Dataset, Member
from simulator.datasets.extraction import digest, extracted

DATA = b"a,b\n1,2\n"


@pytest.fixture
def dataset() -> Dataset:
    """One file in a folder."""
    return Dataset(
        name="sample",
        about="",
        rows=1,
        licence="",
        archive=Archive(project="p", version="1", kind="sdist", folder="top"),
        members=(Member(path="log.csv", size=len(DATA), sha256=digest(DATA)),),
    )


def tar_of(file: Path, *entries: tuple[tarfile.TarInfo, bytes]) -> Path:
    """An archive with these entries."""
    with tarfile.open(file, "w:gz") as tar:
        for entry, data in entries:
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return file


def test_only_the_named_file_is_taken(dataset: Dataset, tmp_path: Path) -> None:
    """Whatever else an archive holds, paths that climb out included, is not looked at."""
    file = tar_of(
        tmp_path / "a.tar.gz",
        (tarfile.TarInfo("../../evil"), b"x"),
        (tarfile.TarInfo("/etc/evil"), b"x"),
        (tarfile.TarInfo("top/log.csv"), DATA),
    )
    assert extracted(dataset, file) == {"log.csv": DATA}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar.gz"]


def test_link_in_place_of_the_file_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    """A member that is a link leads nowhere."""
    link = tarfile.TarInfo("top/log.csv")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    with pytest.raises(SlotwiseError, match=r"without top/log\.csv"):
        extracted(dataset, tar_of(tmp_path / "a.tar.gz", (link, b"")))


def test_longer_file_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    """A member that begins right and goes on is not the member."""
    file = tar_of(tmp_path / "a.tar.gz", (tarfile.TarInfo("top/log.csv"), DATA + b"3,4\n"))
    with pytest.raises(SlotwiseError, match="got SHA-256"):
        extracted(dataset, file)


@pytest.mark.parametrize("name", ["a.tar.gz", "a.whl"])
@pytest.mark.parametrize("data", [b"", b"neither of the two"])
def test_damaged_archive_is_refused(dataset: Dataset, tmp_path: Path, name: str, data: bytes) -> None:
    """A file that is no archive, or none any more, is named."""
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(SlotwiseError, match=f"archive: got {name}, which cannot be read"):
        extracted(dataset, file)
