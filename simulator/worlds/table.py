# SPDX-License-Identifier: Apache-2.0
"""The table of worlds, and how they are written: `drifting`, `drifting:arms=5,turns=2`."""

from __future__ import annotations

from typing import Any

import msgspec

from bandit.core.decoding import explained
from bandit.errors import Invalid
from simulator.targets import parse_spec
from simulator.worlds.cold_start import ColdStart
from simulator.worlds.delayed import Delayed
from simulator.worlds.drifting import Drifting
from simulator.worlds.headlines import Headlines
from simulator.worlds.labelled import Csv, Digits, Letter
from simulator.worlds.promo_season import Promos
from simulator.worlds.protocol import World
from simulator.worlds.ranked import Cascading, PositionBiased

WORLDS: dict[str, type[Any]] = {
    "digits": Digits,
    "letter": Letter,
    "csv": Csv,
    "headlines": Headlines,
    "drifting": Drifting,
    "delayed": Delayed,
    "cold_start": ColdStart,
    "position_biased": PositionBiased,
    "cascade": Cascading,
    "promos": Promos,
}


def build_world(text: str) -> World:
    """A world from its text; raise Invalid for an unknown one, or a setting that it does not take."""
    kind, settings = parse_spec(text)
    if kind not in WORLDS:
        raise Invalid(f"world: got {kind!r}; allowed {', '.join(WORLDS)}", field="world")
    chosen = WORLDS[kind]
    allowed = chosen.__struct_fields__
    for name in settings:
        if name not in allowed:
            raise Invalid(f"world {kind}: got {name!r}; allowed {', '.join(allowed)}", field=name)
    try:
        # not strict: on a command line numbers are texts
        world: World = msgspec.convert(settings, chosen, strict=False)
    except msgspec.ValidationError as error:
        raise explained(error, settings, at=f"world {kind}", kind=chosen) from None
    return world
