# SPDX-License-Identifier: Apache-2.0
"""What is installed is pinned, hashed, and the same for users and for tests."""

from __future__ import annotations

import configparser
import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement

LOCKS = ("requirements.txt", "requirements-build.txt", "requirements-test.txt")


def entries(path: Path) -> list[str]:
    """The lock's logical lines: continuation lines joined, comments and blanks dropped."""
    joined = path.read_text("utf-8").replace("\\\n", " ")
    return [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def pins(path: Path) -> dict[str, Requirement]:
    """The locked requirements by name."""
    requirements = [Requirement(entry.split("--hash")[0]) for entry in entries(path)]
    return {requirement.name.lower(): requirement for requirement in requirements}


def hashes(path: Path) -> dict[str, frozenset[str]]:
    """The hashes that are accepted, by pinned version; where it is not wanted (its marker) aside."""
    return {
        re.split(r"[ ;]", entry)[0]: frozenset(re.findall(r"sha256:\w+", entry)) for entry in entries(path)
    }


@pytest.mark.parametrize("name", LOCKS)
def test_lock_names_no_address(root: Path, name: str) -> None:
    """A lock works with whatever index its reader uses."""
    text = (root / name).read_text("utf-8")
    assert re.findall(r"://|index-url|find-links|trusted-host|(?m:^\s*-[ife]\b)", text) == []


@pytest.mark.parametrize("name", LOCKS)
def test_every_requirement_is_pinned_and_hashed(root: Path, name: str) -> None:
    """pip accepts every line under --require-hashes, and only one version of each."""
    shape = re.compile(r"[a-z0-9.-]+==[^\s;]+( ;[^\\]+?)?(\s+--hash=sha256:[0-9a-f]{64})+\s*")
    lines = entries(root / name)
    assert lines
    assert [line for line in lines if not shape.fullmatch(line)] == []


@pytest.mark.parametrize("name", LOCKS)
def test_one_version_for_all(root: Path, name: str) -> None:
    """Both Pythons and all platforms get the same version of a requirement."""
    assert len(pins(root / name)) == len(entries(root / name))


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-build.txt"])
def test_tests_run_on_what_users_run(root: Path, name: str) -> None:
    """The test lock holds the very versions and hashes of the other locks."""
    assert hashes(root / name).items() <= hashes(root / "requirements-test.txt").items()


@pytest.mark.parametrize(
    ("name", "section", "option"),
    [
        ("requirements.txt", "options", "install_requires"),
        ("requirements-test.txt", "options.extras_require", "test"),
        ("requirements-test.txt", "options.extras_require", "dev"),
    ],
)
def test_lock_satisfies_setup_cfg(
    root: Path, setup_cfg: configparser.ConfigParser, name: str, section: str, option: str
) -> None:
    """`make lock` was run after the last change of a dependency."""
    locked = pins(root / name)
    wanted = [line.split(" #")[0].strip() for line in setup_cfg[section][option].splitlines()]
    missing = []
    for requirement in (Requirement(line) for line in wanted if line):
        pin = locked.get(requirement.name.lower())
        if pin is None or not requirement.specifier.contains(str(pin.specifier).removeprefix("==")):
            missing.append(str(requirement))
    assert missing == []
