# SPDX-License-Identifier: Apache-2.0
"""The formats of `slotwise export`, by name; another one is a file here and a line in this table."""

from bandit.commands.exports.dsjson import dsjson
from bandit.commands.exports.format import Format
from bandit.commands.exports.jsonl import jsonl

FORMATS: dict[str, Format] = {"jsonl": jsonl, "dsjson": dsjson}

__all__ = ["FORMATS", "Format"]
