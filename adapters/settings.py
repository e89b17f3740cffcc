# SPDX-License-Identifier: Apache-2.0
"""Which settings each adapter takes, and of what type: the parameters of its constructor."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, get_type_hints

PLACES = "places"  # the parameter by which an adapter asks for places
INJECTED = (PLACES, "clock")  # parameters that are no settings


def settings_of(kind: Callable[..., Any]) -> dict[str, Any]:
    """The settings that a class takes, each with its type."""
    hints = get_type_hints(kind.__init__ if inspect.isclass(kind) else kind)
    return {name: hints[name] for name in inspect.signature(kind).parameters if name not in INJECTED}
