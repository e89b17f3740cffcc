# SPDX-License-Identifier: Apache-2.0
"""The checkout as the project's own tests see it."""

from __future__ import annotations

import configparser
import subprocess
from pathlib import Path

import pytest

PACKAGES = ("adapters", "bandit", "policies", "simulator")
# What a tree without git holds beside the project; the same names as in .gitignore.
MADE = {"build", "dist", "__pycache__"}


def _listed(root: Path) -> list[Path]:
    if (root / ".git").exists():
        listing = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=root,
            check=True,
            capture_output=True,
        ).stdout
        return [root / name for name in listing.decode().split("\0") if name]
    hidden_or_made = (
        path
        for path in root.rglob("*")
        if not any(
            part in MADE or part.endswith(".egg-info") or (part.startswith(".") and part != ".ci")
            for part in path.relative_to(root).parts[:-1]
        )
    )
    return list(hidden_or_made)


@pytest.fixture(scope="session")
def root() -> Path:
    """The root of the checkout."""
    return Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def files(root: Path) -> list[Path]:
    """Every file of the project: what git tracks or would track, else what lies in the tree."""
    return sorted(path for path in _listed(root) if path.is_file())


@pytest.fixture(scope="session")
def modules(files: list[Path]) -> list[Path]:
    """Every Python file of the project."""
    return [path for path in files if path.suffix == ".py"]


@pytest.fixture(scope="session")
def packaged(root: Path, files: list[Path]) -> list[Path]:
    """Every file of the four packages, relative to the root."""
    inside = [path.relative_to(root) for path in files]
    return [path for path in inside if path.parts[0] in PACKAGES]


@pytest.fixture(scope="session")
def setup_cfg(root: Path) -> configparser.ConfigParser:
    """setup.cfg as written, comments at line ends included."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string((root / "setup.cfg").read_text("utf-8"))
    return parser
