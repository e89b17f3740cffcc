# SPDX-License-Identifier: Apache-2.0
"""The documentation can be walked from its front pages, and every link inside it leads somewhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)\s]*)?(?:\s+\"[^\"]*\")?\)")


def targets(page: Path) -> set[Path]:
    """The files that a page links to."""
    links = LINK.findall(page.read_text("utf-8"))
    return {(page.parent / link).resolve() for link in links if "://" not in link and ":" not in link}


def test_every_page_is_linked_from_a_front_page(root: Path, files: list[Path]) -> None:
    """A reader finds every page of docs/ from README.md or docs/README.md."""
    fronts = [page for page in (root / "README.md", root / "docs" / "README.md") if page in files]
    reachable = set().union(*(targets(page) for page in fronts))
    pages = {path for path in files if path.suffix == ".md" and path.is_relative_to(root / "docs")}
    assert sorted(str(page.relative_to(root)) for page in pages - reachable - set(fronts)) == []


def test_every_link_leads_somewhere(root: Path, files: list[Path]) -> None:
    """Relative links of all pages point at files and folders that exist."""
    dead = {
        f"{page.relative_to(root)}: {target}"
        for page in files
        if page.suffix == ".md"
        for target in targets(page)
        if not target.exists()
    }
    assert dead == set()


def test_who_adds_a_line_to_a_table_finds_the_table(root: Path) -> None:
    """Every file that CONTRIBUTING.md says has a table has one: a dictionary or a tuple at its top."""
    text = (root / "CONTRIBUTING.md").read_text("utf-8")
    named = re.findall(r"in the table of `([\w.]+/[\w./]*)`", text)
    assert len(named) == text.count("in the table of") >= 5
    for name in named:
        module = ast.parse((root / name).read_text("utf-8"))
        values = [node.value for node in module.body if isinstance(node, (ast.Assign, ast.AnnAssign))]
        assert any(isinstance(value, (ast.Dict, ast.DictComp, ast.Tuple)) for value in values), name


def test_who_adds_something_finds_the_files_to_touch(root: Path) -> None:
    """Every file and folder that CONTRIBUTING.md names exists."""
    named = re.findall(r"`([\w.]+/[\w./]*)`", (root / "CONTRIBUTING.md").read_text("utf-8"))
    assert len(named) > 15
    assert [path for path in named if not (root / path).exists()] == []
