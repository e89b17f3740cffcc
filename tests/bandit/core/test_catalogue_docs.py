# SPDX-License-Identifier: Apache-2.0
"""docs/catalogue.md tells every field of placements and arms, with its default."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bandit.core.catalogue import Arm, Cap, Placement, RewardRule, Share
from bandit.core.established import NewcomersRule
from bandit.core.rules import Rule
from bandit.core.schema import FeatureSchema, FieldSpec
from policies import DEFAULT

PAGE = Path(__file__).parents[3] / "docs" / "catalogue.md"
SECTIONS: dict[str, type[Any]] = {
    "Placement": Placement,
    "Arm": Arm,
    "Newcomers": NewcomersRule,
    "Share": Share,
    "Cap": Cap,
    "Rules": Rule,
    "Reward": RewardRule,
    "Features": FeatureSchema,
    "Field": FieldSpec,
}
ROW = re.compile(r"^\| `([a-z_]+)` \| (.+?) \| .+ \|$", re.MULTILINE)


def told(section: str) -> dict[str, str]:
    """The fields in the table of a section, with their defaults."""
    text = PAGE.read_text("utf-8").split(f"\n## {section}\n", 1)[1].split("\n## ", 1)[0]
    return {name: default.strip("`") for name, default in ROW.findall(text)}


def default_of(field: msgspec.inspect.Field) -> str:
    """A field's default as the page writes it."""
    if field.required:
        return "required"
    default = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
    plain = msgspec.json.decode(msgspec.json.encode(default))
    if default == DEFAULT:
        return "policies.DEFAULT"
    if isinstance(default, RewardRule):
        plain = {"events": default.events}
    return msgspec.json.format(msgspec.json.encode(plain), indent=0).decode()


@pytest.mark.parametrize("section", SECTIONS)
def test_every_field_is_told_with_its_default(section: str) -> None:
    """A field that is new, gone, or whose default has changed must be told anew."""
    info = msgspec.inspect.type_info(SECTIONS[section])
    assert isinstance(info, msgspec.inspect.StructType)
    assert told(section) == {field.encode_name: default_of(field) for field in info.fields}


def test_every_aggregate_and_operator_is_told() -> None:
    """The words that fields take stand on the page."""
    text = PAGE.read_text("utf-8")
    for kind, name in ((RewardRule, "aggregate"), (Rule, "op"), (FieldSpec, "kind")):
        info = msgspec.inspect.type_info(kind)
        assert isinstance(info, msgspec.inspect.StructType)
        [field] = [each for each in info.fields if each.name == name]
        options = field.type.types if isinstance(field.type, msgspec.inspect.UnionType) else (field.type,)
        words = [w for each in options if isinstance(each, msgspec.inspect.LiteralType) for w in each.values]
        assert words
        assert [word for word in words if f"`{word}`" not in text] == []
