# SPDX-License-Identifier: Apache-2.0
"""Every dependency says which file needs it, and that file does."""

from __future__ import annotations

import configparser
import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

from packaging.requirements import Requirement

# Used under a name that the distribution's own modules do not tell.
USED_AS = {
    "pytest-aiohttp": {"aiohttp_client"},
    "pytest-asyncio": {"asyncio_mode"},
    "tzdata": {"zoneinfo"},
}


def dependency_lines(setup_cfg: configparser.ConfigParser) -> list[str]:
    """The requirement lines of the base and of every extra."""
    blocks = [setup_cfg["options"]["install_requires"], *setup_cfg["options.extras_require"].values()]
    return [line.strip() for block in blocks for line in block.splitlines() if line.strip()]


@cache
def distributions_of_modules() -> Mapping[str, list[str]]:
    """By module, the distributions that it comes from; takes half a second."""
    return packages_distributions()


def words_for(name: str) -> set[str]:
    """Words of which a file that uses a distribution has one: its import names, or its own name."""
    stubbed = name.removeprefix("types-").removesuffix("-stubs")
    names = {
        module
        for module, distributions in distributions_of_modules().items()
        if stubbed in {distribution.lower().replace("_", "-") for distribution in distributions}
    }
    return names | USED_AS.get(name, set()) | {stubbed, stubbed.replace("-", "_")}


def test_there_are_dependencies(setup_cfg: configparser.ConfigParser) -> None:
    """The other tests of this file read what setup.cfg really holds."""
    names = {Requirement(line.split(" #")[0]).name for line in dependency_lines(setup_cfg)}
    assert {"aiohttp", "numpy", "pytest", "ruff"} <= names


def test_every_dependency_names_an_existing_file(root: Path, setup_cfg: configparser.ConfigParser) -> None:
    """A dependency whose file is gone is gone too."""
    unexplained = []
    for line in dependency_lines(setup_cfg):
        comment = re.search(r" # (\S+)$", line)
        if comment is None or not (root / comment[1]).is_file():
            unexplained.append(line)
    assert unexplained == []


def test_the_named_file_uses_the_dependency(root: Path, setup_cfg: configparser.ConfigParser) -> None:
    """The file beside a dependency mentions it."""
    unused = []
    for line in dependency_lines(setup_cfg):
        requirement, _, named = line.partition(" # ")
        path = root / named.strip()
        text = path.read_text("utf-8").replace(line, "") if path.is_file() else ""
        words = words_for(Requirement(requirement).name.lower())
        if not any(re.search(rf"\b{re.escape(word)}\b", text) for word in words):
            unused.append(line)
    assert unused == []
