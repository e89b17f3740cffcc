# SPDX-License-Identifier: Apache-2.0
"""User agent client hints: the five headers that say more than a reduced user agent string."""

from __future__ import annotations

import re
from typing import NamedTuple

LONGEST = 512  # characters of one header that are looked at
MOST_HEADERS = 64
QUOTES = re.compile(r'["\\]')
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
# The same in a page's own words: navigator.userAgentData and its getHighEntropyValues().
PARTS = {**HEADERS, "brands": "brands", "mobile": "mobile", "platform": "platform", "model": "model",
         "formfactors": "form_factors"}  # fmt: skip
MOBILE = {"?1": "?1", "1": "?1", "true": "?1", "?0": "?0", "0": "?0", "false": "?0"}


def read(hints: object) -> ClientHints:
    """Pick the hints out of a mapping of names (any case) to values; whatever else it is, no hints."""
    if not isinstance(hints, dict) or not hints or len(hints) > MOST_HEADERS:
        return NO_HINTS
    found = {}
    for name, value in hints.items():
        if isinstance(name, str) and (part := PARTS.get(name.lower())):
            found[part] = _header(part, value)[:LONGEST]
    return ClientHints(**found) if found else NO_HINTS


def refused(hints: object) -> dict[str, str]:
    """What of the hints cannot be used, and why, by name."""
    if hints is None:
        return {}
    if not isinstance(hints, dict):
        return {"": "got something else; allowed an object of header names and values"}
    if len(hints) > MOST_HEADERS:
        return {"": f"got {len(hints)} names; allowed at most {MOST_HEADERS}"}
    return {
        f".{name}": "got a value of another form; allowed that of the header, or of navigator.userAgentData"
        for name, value in hints.items()
        if isinstance(name, str)
        and (part := PARTS.get(name.lower()))
        and value not in ("", None)
        and not _readable(part, _header(part, value))
    }


def _readable(part: str, header: str) -> bool:
    return flag(header) is not None if part == "mobile" else bool(strings(header)) or header == '""'


def _header(part: str, value: object) -> str:
    """A value as the header spells it, empty where it cannot be that."""
    if part == "mobile":
        return MOBILE.get(str(value).strip().lower(), "") if isinstance(value, str | int) else ""
    if isinstance(value, str):
        return value if '"' in value or part == "brands" else f'"{value.strip()}"'
    if not isinstance(value, list):
        return ""
    names = [each.get("brand") if isinstance(each, dict) else each for each in value]
    texts = [name for name in names if isinstance(name, str)]
    return ", ".join(f'"{QUOTES.sub("", text)}"' for text in texts) if len(texts) == len(names) else ""


def strings(value: str) -> list[str]:
    """The quoted strings of a structured header (RFC 8941), lower case, without their escapes."""
    return [re.sub(r"\\(.)", r"\1", item).lower() for item in QUOTED.findall(value)]


def flag(value: str) -> bool | None:
    """A structured boolean: `?1`, `?0`, anything else is not known."""
    return {"?1": True, "?0": False}.get(value.strip())
