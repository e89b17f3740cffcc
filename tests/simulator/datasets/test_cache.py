# SPDX-License-Identifier: Apache-2.0
"""Where data sets are kept, and that a file there is whole or not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulator.datasets import DATASETS
from simulator.datasets.cache import cache_dir, keep


def test_own_folder_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """SLOTWISE_CACHE_DIR says where, whatever the platform thinks."""
    monkeypatch.setenv("SLOTWISE_CACHE_DIR", str(tmp_path))
    assert cache_dir() == tmp_path


@pytest.mark.parametrize(("given", "expected"), [("/cache", "/cache/slotwise"), ("relative", None)])
def test_platform_folder_is_used(monkeypatch: pytest.MonkeyPatch, given: str, expected: str | None) -> None:
    """XDG_CACHE_HOME counts when it is absolute, else a folder in the user's home does."""
    monkeypatch.delenv("SLOTWISE_CACHE_DIR", raising=False)
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", given)
    assert cache_dir() == Path(expected or Path.home() / ".cache" / "slotwise")


def test_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    """What could not be written whole does not replace what was there, and leaves no scraps."""
    keep({"log.csv": b"old"}, into=tmp_path)
    with pytest.raises(TypeError):
        keep({"log.csv": "not bytes"}, into=tmp_path)  # type: ignore[dict-item]
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {"log.csv": b"old"}


def test_table_is_consistent() -> None:
    """Names are unique, digests are digests, files of one set do not collide, sdists are pinned by digest."""
    for name, dataset in DATASETS.items():
        files = [member.name for member in dataset.members]
        digests = [member.sha256 for member in dataset.members]
        assert dataset.name == name
        assert len(set(files)) == len(files) > 0
        assert all(len(digest) == 64 and int(digest, 16) > 0 for digest in digests)
        assert dataset.archive.kind == "wheel" or len(dataset.archive.sha256) == 64
