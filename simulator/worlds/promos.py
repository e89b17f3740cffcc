# SPDX-License-Identifier: Apache-2.0
"""The demo's world: a department store's promos and its visitors; `promo_tastes` knows what they like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from random import Random
from zoneinfo import ZoneInfo

import yaml

from bandit.core.catalogue import Catalogue, parse_catalogue
from bandit.core.schema import FieldSpec
from bandit.core.values import Scalar

SAMPLE = files("simulator.worlds") / "promos.yaml"
PLACEMENT = "home-hero"
USERS = 5_000

FORM_FACTOR, PART, SECTION = "device.form_factor", "daytime.part", "page.section"
PARTS = ("night", "morning", "afternoon", "evening")  # six hours each, from midnight

DECLARED: Mapping[str, FieldSpec] = {
    FORM_FACTOR: FieldSpec(levels=("phone", "tablet", "desktop", "tv", "bot", "other")),
    PART: FieldSpec(levels=PARTS),
}
"""What the adapters declare for the fields that the sample catalogue takes from them."""

AGENTS = {
    "phone": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.3 Mobile/15E148 Safari/604.1",
    "tablet": "Mozilla/5.0 (iPad; CPU OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/17.6 Mobile/15E148 Safari/604.1",
    "desktop": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/134.0.0.0 Safari/537.36",
}
FORM_SHARES = {"phone": 0.56, "tablet": 0.10, "desktop": 0.34}
SECTION_SHARES = {"home": 0.32, "fashion": 0.20, "kitchen": 0.16, "sports": 0.16, "electronics": 0.16}
# Three hours apart and without summer time: at any moment all parts of the day are visited alike.
ZONES = (
    "Pacific/Honolulu",
    "America/Phoenix",
    "America/Puerto_Rico",
    "Atlantic/Cape_Verde",
    "Africa/Johannesburg",
    "Asia/Karachi",
    "Asia/Singapore",
    "Pacific/Noumea",
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who looks at a page of the shop."""

    user: str
    form_factor: str
    time_zone: str
    section: str

    @property
    def context(self) -> dict[str, object]:
        """What a front end sends of the visitor."""
        return {
            "device": {"user_agent": AGENTS[self.form_factor]},
            "location": {"time_zone": self.time_zone},
            "page": {"section": self.section},
        }

    def known(self, *, at: float) -> dict[str, Scalar]:
        """What the service makes of that at `at` (Unix seconds), as far as tastes depend on it."""
        hour = datetime.fromtimestamp(at, ZoneInfo(self.time_zone)).hour
        return {FORM_FACTOR: self.form_factor, PART: PARTS[hour // 6], SECTION: self.section}


class Visitors:
    """An endless stream of visits: each by one of `USERS`, who keep their device and time zone."""

    def __init__(self, *, seed: int) -> None:
        self.chance = Random(seed)

    def next(self) -> Visitor:
        """Who comes next."""
        number = self.chance.randrange(USERS)
        person = Random(number)
        return Visitor(
            user=f"visitor-{number}",
            form_factor=_pick(person, FORM_SHARES),
            time_zone=person.choice(ZONES),
            section=_pick(self.chance, SECTION_SHARES),
        )


def _pick(chance: Random, shares: Mapping[str, float]) -> str:
    return chance.choices(list(shares), weights=list(shares.values()))[0]


def sample_catalogue() -> Catalogue:
    """The sample catalogue, checked; fields of adapters are still to be resolved."""
    return parse_catalogue(yaml.safe_load(SAMPLE.read_text("utf-8")))
