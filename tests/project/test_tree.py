# SPDX-License-Identifier: Apache-2.0
"""The checkout carries nothing of the machine it was made on, and the wheel carries all of the packages."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

HOME = re.compile(rb"(?<![\w.])/(?:home|Users|root)/[\w.-]+/")


def test_no_file_names_a_home_folder(root: Path, files: list[Path]) -> None:
    """No file holds an absolute path into somebody's home."""
    assert [str(path.relative_to(root)) for path in files if HOME.search(path.read_bytes())] == []


def test_home_folders_would_be_found() -> None:
    """The pattern above sees a path when there is one, and leaves addresses of pages alone."""
    person = b"/".join([b"", b"home", b"ada", b"slotwise"])
    assert HOME.search(b"see " + person)
    assert not HOME.search(b"GET /v1/placements/home-hero and example.org" + person)


def test_installed_packages_are_complete(packaged: list[Path]) -> None:
    """Every file of the packages, pages and samples included, is installed."""
    spec = importlib.util.find_spec("bandit")
    assert spec is not None
    assert spec.origin is not None
    installed = Path(spec.origin).parents[1]
    assert [path for path in packaged if not (installed / path).is_file()] == []
