# SPDX-License-Identifier: Apache-2.0
"""The settings of the weather adapter, checked."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.weather_providers import PROVIDERS


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherSettings:
    """What an operator may set.

    Args:
        provider: one of the table's names; off where empty.
        url: another address of the same service (a paid or self-hosted one).
        key: the provider's key, never shown.
        agent: who asks, with a contact; met-no refuses callers that do not say.
        interval_s: between two fetches of a cell; below a minute only with `allow_private`, for a server
            of one's own.
        stale_s: age from which the weather is marked stale.
        forget_s: age from which it counts as not known.
        grid_deg: width of a cell in degrees.
        most_cells: kept and refreshed at most.
        timeout_s: for one fetch, from name to last byte.
        allow_private: whether private, loopback and link-local targets, and plain http, may be asked.
    """

    provider: str
    url: str
    key: str = field(repr=False)
    agent: str
    interval_s: float
    stale_s: float
    forget_s: float
    grid_deg: float
    most_cells: int
    timeout_s: float
    allow_private: bool

    def __post_init__(self) -> None:
        """Raises: ValueError naming the setting, the value and what is allowed."""
        if self.provider and self.provider not in PROVIDERS:
            raise _refused("provider", self.provider, f"{', '.join(PROVIDERS)}, or none")
        if self.provider and PROVIDERS[self.provider].needs_key and not self.key:
            raise _refused("key", "none", f"the key that {self.provider} gave you")
        if self.provider == "met-no" and "@" not in self.agent and "://" not in self.agent:
            raise _refused(
                "agent", self.agent, "your site with an e-mail address or a link, as met.no demands"
            )
        if not (self.agent.isascii() and (self.agent.isprintable() or not self.agent)):
            raise _refused("agent", self.agent, "printable ASCII")
        for name, low, high in (
            ("interval_s", 1 if self.allow_private else 60, 86_400),
            ("stale_s", 1, 86_400),
            ("forget_s", 1, 172_800),
            ("grid_deg", 0.05, 5),
            ("most_cells", 1, 100_000),
            ("timeout_s", 0.05, 60),
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
                raise _refused(name, value, f"{low} to {high}")
        if self.forget_s < self.stale_s:
            raise _refused("forget_s", self.forget_s, f"stale_s ({self.stale_s}) or more")


def _refused(name: str, value: object, allowed: str) -> ValueError:
    return ValueError(f"context.weather.{name}: got {value!r}; allowed {allowed}")
