# SPDX-License-Identifier: Apache-2.0
"""Parts that need libraries of the extra `analysis`, loaded when they are asked for."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from bandit.errors import Invalid


def optional(module: str, *, what: str) -> ModuleType:
    """Load one of our modules; raise Invalid naming the library that is not installed."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise Invalid(f"{what}: got no {error.name}; pip install 'slotwise[analysis]'", field=what) from None
