# SPDX-License-Identifier: Apache-2.0
"""Taking named files out of an archive, and nothing else; what comes out is checked before anyone sees it."""

from __future__ import annotations

import hashlib
import tarfile
import zipfile
from pathlib import Path

from bandit.errors import SlotwiseError
from simulator.datasets.dataset import Dataset, Member


def extracted(dataset: Dataset, file: Path) -> dict[str, bytes]:
    """The members of a data set by name, each with the right SHA-256.

    Raises:
        SlotwiseError: the archive is damaged, lacks a member, or holds other bytes.
    """
    read = _from_zip if file.suffix in (".whl", ".zip") else _from_tar
    try:
        found = {member.name: read(file, dataset, member) for member in dataset.members}
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as error:
        raise SlotwiseError(f"archive: got {file.name}, which cannot be read ({error})") from None
    for member in dataset.members:
        check(member, found[member.name], where=file.name)
    return found


def check(member: Member, data: bytes, *, where: str) -> None:
    """Raise SlotwiseError unless the bytes are those of the member."""
    got = digest(data)
    if got != member.sha256:
        raise SlotwiseError(
            f"{member.name}: got SHA-256 {got} from {where}; allowed {member.sha256}", code="wrong_data"
        )


def digest(data: bytes) -> str:
    """SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def _from_tar(file: Path, dataset: Dataset, member: Member) -> bytes:
    with tarfile.open(file) as tar:
        # extractfile alone would follow links to other members.
        entry = next((each for each in tar if each.name == _path(dataset, member) and each.isreg()), None)
        stream = tar.extractfile(entry) if entry else None
        if stream is None:
            raise _missing(file, dataset, member)
        # One byte too many is enough to fail the check; a bomb does not get to fill the memory.
        return stream.read(member.size + 1)


def _from_zip(file: Path, dataset: Dataset, member: Member) -> bytes:
    with zipfile.ZipFile(file) as archive:
        if _path(dataset, member) not in archive.namelist():
            raise _missing(file, dataset, member)
        with archive.open(_path(dataset, member)) as stream:
            return stream.read(member.size + 1)


def _path(dataset: Dataset, member: Member) -> str:
    return f"{dataset.archive.folder}/{member.path}"


def _missing(file: Path, dataset: Dataset, member: Member) -> SlotwiseError:
    return SlotwiseError(f"archive: got {file.name} without {_path(dataset, member)}", code="wrong_data")
