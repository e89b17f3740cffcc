# SPDX-License-Identifier: Apache-2.0
"""Settings of the context sources: a YAML file, and over it an environment variable for each."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_origin

from adapters import ADAPTERS
from adapters.consent import KEY, ConsentRules
from adapters.settings import settings_of
from bandit.commands.arguments import add_setting
from bandit.commands.file_reading import read_yaml
from bandit.core.decoding import convert, shorten
from bandit.errors import Invalid
from bandit.settings import ContextSettings

MOST_BYTES = 1024 * 1024
_KINDS: Mapping[str, Any] = {**ADAPTERS, KEY: ConsentRules}
_YES_NO = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def add_context(parser: ArgumentParser) -> None:
    """Add --context."""
    add_setting(
        parser,
        "--context",
        variable="SLOTWISE_CONTEXT",
        kind=Path,
        default=None,
        metavar="FILE",
        help="YAML settings of the context sources, by adapter",
    )


def context_settings(given: Namespace) -> ContextSettings:
    """What the file and the environment say, each value of the type that its adapter asks for.

    Raises:
        SlotwiseError: the file cannot be read.
        Invalid: an unknown adapter or setting, or a value of another type; names the field or the variable.
    """
    data = read_yaml(given.context, what="context", most_bytes=MOST_BYTES) if given.context else None
    settings = _from_file({} if data is None else data)
    for name, more in _from_environment().items():
        settings[name] = {**settings.get(name, {}), **more}
    return settings


def variables() -> dict[str, tuple[str, str]]:
    """Adapter and setting by the environment variable that sets it."""
    return {
        f"{_prefix(name)}{setting.upper()}": (name, setting)
        for name, kind in _KINDS.items()
        for setting in settings_of(kind)
    }


def _prefix(name: str) -> str:
    return f"SLOTWISE_{name.upper()}_"


def _from_file(data: object) -> dict[str, dict[str, object]]:
    by_adapter = convert(data, dict[str, dict[str, Any]], at="context")
    for name, settings in by_adapter.items():
        if name not in _KINDS:
            raise Invalid(f"context: got {shorten(name)}; allowed {', '.join(_KINDS)}", field="context")
        kinds = settings_of(_KINDS[name])
        for setting, value in settings.items():
            if setting not in kinds:
                raise Invalid(
                    f"context.{name}: got {shorten(setting)}; allowed {', '.join(kinds)}",
                    field=f"context.{name}",
                )
            settings[setting] = convert(value, kinds[setting], at=f"context.{name}.{setting}")
    return by_adapter


def _from_environment() -> dict[str, dict[str, object]]:
    known = variables()
    found: dict[str, dict[str, object]] = {}
    for variable, text in sorted(os.environ.items()):
        name = next((each for each in _KINDS if variable.startswith(_prefix(each))), None)
        if name is None or not text:
            continue
        if variable not in known:
            allowed = ", ".join(each for each in known if each.startswith(_prefix(name)))
            raise Invalid(f"{variable}: got a variable that sets nothing; allowed {allowed}", field=variable)
        setting = known[variable][1]
        value = _read(text, settings_of(_KINDS[name])[setting])
        try:
            found.setdefault(name, {})[setting] = convert(
                value, settings_of(_KINDS[name])[setting], at=variable
            )
        except Invalid as error:
            raise Invalid(error.message, field=variable) from None
    return found


def _read(text: str, kind: Any) -> object:
    """A variable's text as plain data of the kind, or as it is where it is not of that kind."""
    if kind is str:
        return text
    if kind is bool:
        return _YES_NO.get(text.lower(), text)
    if kind in (int, float):
        return _number(text, kind)
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not _is_mapping(kind):
        return [_number(part, int) if int in kind.__args__ else part for part in parts]
    pairs = [part.partition("=") for part in parts]
    return {name: value for name, _, value in pairs} if all(mark for _, mark, _ in pairs) else text


def _is_mapping(kind: Any) -> bool:
    return any(get_origin(each) is Mapping or each is Mapping for each in (kind, *kind.__args__))


def _number(text: str, kind: type[float]) -> float | str:
    try:
        return kind(text)
    except ValueError:
        return text
