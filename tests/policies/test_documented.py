# SPDX-License-Identifier: Apache-2.0
"""docs/policies.md knows every kind and every setting, and its example runs."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import numpy as np
import pytest
import yaml

from policies import DEFAULT, POLICIES

PAGE = (Path(__file__).parents[2] / "docs" / "policies.md").read_text(encoding="utf-8")
SHARED = {"half_life_days", "window_days"}


def test_the_page_begins_with_the_default() -> None:
    """What the page tells to start with is what a placement gets that names no policy."""
    [line] = re.findall(r"^policy: (.*)$", PAGE, re.MULTILINE)[:1]
    assert yaml.safe_load(line) == DEFAULT


@pytest.mark.parametrize("kind", sorted(POLICIES))
def test_every_kind_has_a_row_with_its_settings(kind: str) -> None:
    """The row of a kind names its settings, or the kind whose settings it takes."""
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{kind}` |"))
    parent = re.search(r"\| as `(\w+)`", row)
    known = row + next(
        (line for line in PAGE.splitlines() if parent and line.startswith(f"| `{parent[1]}` |")), ""
    )
    for field in msgspec.structs.fields(POLICIES[kind].Settings):
        assert f"`{field.name}`" in known or field.name in SHARED


@pytest.mark.parametrize("kind", sorted(POLICIES))
def test_settings_have_a_schema(kind: str) -> None:
    """Every setting can be described as JSON schema, with its default."""
    schema = msgspec.json.schema(POLICIES[kind].Settings)
    found = schema["$defs"][POLICIES[kind].Settings.__name__]["properties"]
    assert set(found) == {field.name for field in msgspec.structs.fields(POLICIES[kind].Settings)}


def test_the_example_runs() -> None:
    """The Python on the page does what the page says."""
    example = re.search(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert example is not None
    names: dict[str, object] = {}
    exec(compile(example[1], "docs/policies.md", "exec"), names)  # noqa: S102 - our own documentation
    belief = names["policy"].believe(("a", "b"), names["x"])  # type: ignore[attr-defined]
    assert np.diff(belief.mean[0])[0] < 0.0
