# SPDX-License-Identifier: Apache-2.0
"""A package index of our own: a folder with distributions that are built here; pip is set up to use it."""

from __future__ import annotations

import hashlib
import io
import os
import tarfile
import zipfile
from pathlib import Path

import pytest

from simulator.datasets.dataset import Archive, Dataset, Member

LOG = b"item_id,click\n1,0\n2,1\n"
ITEMS = b"item_id,price\n1,10\n2,20\n"

PYPROJECT = """
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
"""
BACKEND = """
import os
import pathlib

pathlib.Path(os.environ["PIP_FIND_LINKS"], "ran").touch()

def prepare_metadata_for_build_wheel(folder, config_settings=None):
    info = pathlib.Path(folder) / "sample_log-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\\nName: sample-log\\nVersion: 1.0\\n")
    return info.name

def build_wheel(folder, config_settings=None, metadata_directory=None):
    raise RuntimeError("nobody needs the wheel")
"""
WHEEL = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
METADATA = "Metadata-Version: 2.1\nName: sample-log\nVersion: 1.0\n"


def members(folder: str) -> tuple[Member, ...]:
    """The two files of the sample, below a folder."""
    return tuple(
        Member(path=f"{folder}{name}", size=len(data), sha256=hashlib.sha256(data).hexdigest())
        for name, data in (("log.csv", LOG), ("items.csv", ITEMS))
    )


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that pip looks into, and a cache of this test's own."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("SLOTWISE_CACHE_DIR", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def sdist(index: Path) -> Dataset:
    """A data set in a source distribution, which pip has to prepare."""
    file = index / "sample_log-1.0.tar.gz"
    with tarfile.open(file, "w:gz") as tar:
        for path, data in {
            "pyproject.toml": PYPROJECT.encode(),
            "backend.py": BACKEND.encode(),
            "PKG-INFO": METADATA.encode(),
            "data/log.csv": LOG,
            "data/items.csv": ITEMS,
        }.items():
            entry = tarfile.TarInfo(f"sample_log-1.0/{path}")
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    archive = Archive(
        project="sample-log",
        version="1.0",
        kind="sdist",
        folder="sample_log-1.0",
        sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
    )
    return Dataset(
        name="sample", about="two rows", rows=2, licence="none", archive=archive, members=members("data/")
    )


@pytest.fixture
def wheel(index: Path) -> Dataset:
    """A data set in a wheel."""
    with zipfile.ZipFile(index / "sample_log-1.0-py3-none-any.whl", "w") as archive:
        for path, text in {
            "sample_log/log.csv": LOG.decode(),
            "sample_log/items.csv": ITEMS.decode(),
            "sample_log-1.0.dist-info/METADATA": METADATA,
            "sample_log-1.0.dist-info/WHEEL": WHEEL,
            "sample_log-1.0.dist-info/RECORD": "",
        }.items():
            archive.writestr(path, text)
    return Dataset(
        name="sample",
        about="two rows",
        rows=2,
        licence="none",
        archive=Archive(project="sample-log", version="1.0", kind="wheel", folder="sample_log"),
        members=members(""),
    )
