# SPDX-License-Identifier: Apache-2.0
"""What the demo's visitors like, and so what the best page would earn: known here, hidden from the service.

A visitor looks at every slot, and clicks each promo or not, independently of the others, with a probability
that depends on the promo, the visitor's form factor, the part of the day where the visitor is, and the
section of the shop. So a page earns the sum of its promos' probabilities, and the best page holds the
likeliest promos among those that may be shown.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files

import msgspec
import yaml

from bandit.core.values import Scalar
from simulator.worlds.promos import FORM_FACTOR, PART, SECTION

TASTES = files("simulator.worlds") / "promo_tastes.yaml"
CEILING = 0.22  # no promo is so good that more visitors click it


class Taste(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What draws visitors to one promo: `base`, and what each level of each field adds."""

    base: float
    form_factor: dict[str, float] = {}
    part: dict[str, float] = {}
    section: dict[str, float] = {}

    def rate(self, form_factor: str, part: str, section: str) -> float:
        """The probability of a click."""
        score = (
            self.base
            + self.form_factor.get(form_factor, 0.0)
            + self.part.get(part, 0.0)
            + self.section.get(section, 0.0)
        )
        return CEILING / (1 + math.exp(-score))


class Tastes:
    """The tastes for all promos, those included that somebody adds while the demo runs."""

    def __init__(self) -> None:
        self._table = msgspec.convert(yaml.safe_load(TASTES.read_text("utf-8")), dict[str, Taste])
        self._rate = lru_cache(maxsize=65_536)(self._look_up)

    def rate(self, arm: str, known: Mapping[str, Scalar]) -> float:
        """With what probability a visitor of whom this is known clicks the promo."""
        return self._rate(arm, str(known[FORM_FACTOR]), str(known[PART]), str(known[SECTION]))

    def best(self, arms: Sequence[str], known: Mapping[str, Scalar], *, slots: int) -> list[str]:
        """The best page: the likeliest of the arms that may be shown, as many as there are slots."""
        return sorted(arms, key=lambda arm: -self.rate(arm, known))[:slots]

    def expected(self, page: Sequence[str], known: Mapping[str, Scalar]) -> float:
        """How many clicks a page gets on average."""
        return sum(self.rate(arm, known) for arm in page)

    def _look_up(self, arm: str, form_factor: str, part: str, section: str) -> float:
        taste = self._table.get(arm) or unheard_of(arm)
        return taste.rate(form_factor, part, section)


def unheard_of(arm: str) -> Taste:
    """The taste for a promo that the table does not have, always the same one for the same name."""
    digest = hashlib.blake2b(arm.encode(), digest_size=4, person=b"slotwise-taste").digest()
    base, phone, evening, home = (byte / 255 for byte in digest)
    return Taste(
        base=-2.5 + base,
        form_factor={"phone": 2 * phone - 1},
        part={"evening": 2 * evening - 1},
        section={"home": 2 * home - 1},
    )
