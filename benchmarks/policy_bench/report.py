# SPDX-License-Identifier: Apache-2.0
"""Writing results as Markdown: tables, what machine it was, and one section of a shared file."""

from __future__ import annotations

import datetime
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def machine(*packages: str) -> str:
    """Say when and on what the figures were taken."""
    model = next(
        (
            line.split(":", 1)[1].strip()
            for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    names = ", ".join(f"{name} {_version(name)}" for name in packages)
    python = f"Python {platform.python_version()}, numpy {np.__version__}"
    return f"Taken {today} on one core of {model}, {python}{', ' + names if names else ''}.\n"


def write_section(path: Path, name: str, text: str) -> None:
    """Replace the section `name` of the file, or append it; other sections stay."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    known = path.read_text(encoding="utf-8") if path.exists() else ""
    section = f"{begin}\n{text.rstrip()}\n{end}\n"
    if begin in known and end in known:
        before, rest = known.split(begin, 1)
        known = before + section + rest.split(end, 1)[1].lstrip("\n")
    else:
        known = (known.rstrip() + "\n\n" if known.strip() else "") + section
    path.write_text(known, encoding="utf-8")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"
