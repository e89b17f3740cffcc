# SPDX-License-Identifier: Apache-2.0
"""Settings for which there is no option: an environment variable each, named after the field."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from bandit.commands.arguments import from_environment, positive_float, positive_int
from bandit.settings import Settings

_KINDS = {"int": positive_int, "float": positive_float}
_OPTIONS = {"data_dir", "host", "port", "authenticate", "context"}


def variables() -> dict[str, str]:
    """The environment variable of each such field."""
    return {
        field.name: f"SLOTWISE_{field.name.upper()}"
        for field in fields(Settings)
        if field.name not in _OPTIONS
    }


def limits() -> dict[str, Any]:
    """The values that the environment gives, by field; what is not set there keeps its default.

    Raises:
        Invalid: a value is not a number above 0; names its variable.
    """
    kinds = {field.name: _KINDS[str(field.type)] for field in fields(Settings) if field.name not in _OPTIONS}
    given = {
        name: from_environment(variable, kinds[name], default=None) for name, variable in variables().items()
    }
    return {name: value for name, value in given.items() if value is not None}
