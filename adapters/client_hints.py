# SPDX-License-Identifier: Apache-2.0
"""User agent client hints: the five headers that say more than a reduced user agent string."""

from __future__ import annotations

import re
from typing import NamedTuple

LONGEST = 512  # characters of one header that are looked at
MOST_HEADERS = 64
QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')


class ClientHints(NamedTuple):
    """The raw header values, empty where not sent; hashable, so that they can be part of a memo's key."""

    brands: str = ""
    mobile: str = ""
    platform: str = ""
    model: str = ""
    form_factors: str = ""


NO_HINTS = ClientHints()
HEADERS = {
    "sec-ch-ua": "brands",
    "sec-ch-ua-mobile": "mobile",
    "sec-ch-ua-platform": "platform",
    "sec-ch-ua-model": "model",
    "sec-ch-ua-form-factors": "form_factors",
}


def read(headers: object) -> ClientHints:
    """Pick the hints out of a mapping of header names (any case) to values; whatever else it is, no hints."""
    if not isinstance(headers, dict) or not headers or len(headers) > MOST_HEADERS:
        return NO_HINTS
    found = {}
    for name, value in headers.items():
        if isinstance(name, str) and isinstance(value, str) and (part := HEADERS.get(name.lower())):
            found[part] = value[:LONGEST]
    return ClientHints(**found) if found else NO_HINTS


def strings(value: str) -> list[str]:
    """The quoted strings of a structured header (RFC 8941), lower case, without their escapes."""
    return [re.sub(r"\\(.)", r"\1", item).lower() for item in QUOTED.findall(value)]


def flag(value: str) -> bool | None:
    """A structured boolean: `?1`, `?0`, anything else is not known."""
    return {"?1": True, "?0": False}.get(value.strip())
