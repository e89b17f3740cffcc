# SPDX-License-Identifier: Apache-2.0
"""A page of sections that are measured one by one: those that were not measured now stay as they are."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path


def rewrite(path: Path, head: str, sections: Mapping[str, str], *, order: list[str]) -> str:
    """Write the page and return its text.

    Args:
        path: where it is.
        head: what stands above the sections.
        sections: text by title, for those that were measured.
        order: all titles.
    """
    old = path.read_text("utf-8") if path.exists() else ""
    before = dict(re.findall(r"^## ([^\n]+)\n\n(.*?)(?=\n## |\Z)", old, flags=re.MULTILINE | re.DOTALL))
    known = {title: text.strip() for title, text in before.items()} | dict(sections)
    parts = [head, *(f"## {title}\n\n{known[title]}" for title in order if title in known)]
    text = "\n\n".join(parts) + "\n"
    path.write_text(text, encoding="utf-8")
    return text
