# SPDX-License-Identifier: Apache-2.0
"""Data sets come from the index that pip is set up for, once, and never with other bytes than promised."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bandit.errors import SlotwiseError
from simulator.datasets import Dataset, fetch
from simulator.datasets.cache import folder_of, is_kept


def contents(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("kind", ["sdist", "wheel"])
def test_dataset_comes_from_the_index(request: pytest.FixtureRequest, kind: str) -> None:
    """Exactly the members are taken out of a distribution of either kind."""
    dataset: Dataset = request.getfixturevalue(kind)
    told: list[str] = []
    folder = fetch(dataset, on_download=told.append)
    assert told == ["sample-log 1.0"]
    assert set(contents(folder)) == {"log.csv", "items.csv"}
    assert is_kept(dataset)


def test_dataset_is_fetched_once(wheel: Dataset, index: Path) -> None:
    """What is kept serves without the index."""
    folder = fetch(wheel)
    for file in index.iterdir():
        file.unlink()
    told: list[str] = []
    assert fetch(wheel, on_download=told.append) == folder
    assert told == []


@pytest.mark.parametrize("damage", [b"", b"item_id,click\n1,1\n2,1\n"])
def test_damaged_file_is_noticed_and_fetched_again(wheel: Dataset, damage: bytes) -> None:
    """A file in the cache that lost bytes, or got other ones of the same length, is replaced."""
    whole = contents(fetch(wheel))
    (folder_of(wheel) / "log.csv").write_bytes(damage)
    assert not is_kept(wheel)
    assert contents(fetch(wheel)) == whole


def test_other_bytes_than_promised_are_refused(wheel: Dataset) -> None:
    """An archive whose member has another SHA-256 leaves nothing in the cache."""
    first, second = wheel.members
    tampered = replace(wheel, members=(first, replace(second, sha256="0" * 64)))
    with pytest.raises(SlotwiseError, match=r"items.csv: got SHA-256 .* allowed 0{64}"):
        fetch(tampered)
    assert not folder_of(tampered).exists()


def test_unexpected_sdist_does_not_get_to_run(sdist: Dataset, index: Path) -> None:
    """pip refuses an sdist with another SHA-256 before it runs the build script inside."""
    other = replace(sdist, archive=replace(sdist.archive, sha256="0" * 64))
    with pytest.raises(SlotwiseError, match=r"package index: got no sample-log 1\.0"):
        fetch(other)
    assert not (index / "ran").exists()
    fetch(sdist)
    assert (index / "ran").exists()


def test_index_without_it_is_one_line(wheel: Dataset, index: Path) -> None:
    """Without network, or without the version, the error names what is missing and why."""
    for file in index.iterdir():
        file.unlink()
    with pytest.raises(SlotwiseError) as caught:
        fetch(wheel)
    assert "got no sample-log 1.0 (No matching distribution found for sample-log==1.0)" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_installed_package_serves_without_download(
    wheel: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    """When the package is installed with the very same files, nothing is downloaded."""
    package = tmp_path / "installed" / "sample_log"
    package.mkdir(parents=True)
    for name, data in contents(fetch(wheel)).items():
        (package / name).write_bytes(data)
    (package / "__init__.py").touch()
    monkeypatch.syspath_prepend(package.parent)
    told: list[str] = []
    installed = replace(wheel, name="installed", archive=replace(wheel.archive, module="sample_log"))
    assert contents(fetch(installed, on_download=told.append)) == contents(folder_of(wheel))
    assert told == []
    (package / "log.csv").write_bytes(b"another version's")
    other = replace(installed, name="other")
    assert contents(fetch(other, on_download=told.append)) == contents(folder_of(wheel))
    assert told == ["sample-log 1.0"]
