# SPDX-License-Identifier: Apache-2.0
"""Parts that need libraries of an extra, loaded when they are asked for."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from bandit.errors import Invalid


def optional(module: str, *, what: str, extra: str = "analysis") -> ModuleType:
    """Load one of our modules; raise Invalid naming the library that is not installed, and its extra."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise Invalid(f"{what}: got no {error.name}; pip install 'slotwise[{extra}]'", field=what) from None
