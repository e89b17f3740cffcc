# SPDX-License-Identifier: Apache-2.0
"""Every module of the project keeps the form that the contributors agreed on."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

LONGEST = 400
VAGUE = {"util", "utils", "helper", "helpers", "common", "misc"}


def stems(packaged: list[Path]) -> dict[str, Path]:
    """Names of the packages' modules and sub-packages, each with where it is."""
    names = {path.stem: path for path in packaged if path.suffix == ".py"}
    return names | {part: path for path in packaged for part in path.parts[:-1]}


def test_the_packages_are_seen(packaged: list[Path]) -> None:
    """The tests of this folder look at all four packages."""
    assert {path.parts[0] for path in packaged if path.suffix == ".py"} == {
        "adapters",
        "bandit",
        "policies",
        "simulator",
    }


def test_no_module_is_too_long(modules: list[Path]) -> None:
    """A module that outgrows the limit holds more than one idea."""
    lengths = {str(path): len(path.read_text("utf-8").splitlines()) for path in modules}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_every_module_has_a_licence_line(modules: list[Path]) -> None:
    """The licence stands in the first line, or right under the interpreter's."""
    line = "# SPDX-License-Identifier: Apache-2.0"
    assert [str(path) for path in modules if line not in path.read_text("utf-8").splitlines()[:2]] == []


def test_every_module_says_what_it_is(modules: list[Path]) -> None:
    """Every module has a docstring."""
    silent = [path for path in modules if not ast.get_docstring(ast.parse(path.read_text("utf-8")))]
    assert silent == []


def test_no_module_hides_the_standard_library(packaged: list[Path]) -> None:
    """No module or sub-package bears the name of a module of the standard library."""
    taken = sys.stdlib_module_names - {"__main__"}
    assert {name: path for name, path in stems(packaged).items() if name in taken} == {}


def test_no_module_has_a_vague_name(packaged: list[Path]) -> None:
    """A name says the thing."""
    assert {name: path for name, path in stems(packaged).items() if name in VAGUE} == {}


@pytest.mark.parametrize("package", ["adapters", "bandit", "policies", "simulator"])
def test_package_is_marked_as_typed(packaged: list[Path], package: str) -> None:
    """Type checkers of users believe our annotations."""
    assert Path(package, "py.typed") in packaged
