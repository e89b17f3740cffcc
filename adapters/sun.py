# SPDX-License-Identifier: Apache-2.0
"""How high the sun stands: enough to tell day from dark."""

from __future__ import annotations

import math
from datetime import UTC, datetime

J2000 = datetime(2000, 1, 1, 12, tzinfo=UTC)
HORIZON_DEG = -0.833  # refraction and the sun's radius: sunrise and sunset as they are defined


def elevation_deg(at: datetime, *, latitude: float, longitude: float) -> float:
    """The sun's elevation above the horizon in degrees, to about 0.1, east and north positive.

    The low-precision formulas of the Astronomical Almanac (page C5): `n` days since J2000, `g` mean anomaly,
    `lam` ecliptic longitude, `eps` obliquity, `delta` declination.
    """
    n = (at - J2000).total_seconds() / 86_400
    g = math.radians(357.528 + 0.9856003 * n)
    lam = math.radians(280.460 + 0.9856474 * n + 1.915 * math.sin(g) + 0.020 * math.sin(2 * g))
    eps = math.radians(23.439 - 4e-7 * n)
    delta = math.asin(math.sin(eps) * math.sin(lam))
    right_ascension = math.atan2(math.cos(eps) * math.sin(lam), math.cos(lam))
    sidereal_deg = 15 * ((18.697374558 + 24.06570982441908 * n) % 24)
    hour_angle = math.radians(sidereal_deg + longitude) - right_ascension
    phi = math.radians(latitude)
    height = math.sin(phi) * math.sin(delta) + math.cos(phi) * math.cos(delta) * math.cos(hour_angle)
    return math.degrees(math.asin(min(max(height, -1.0), 1.0)))


def is_light(at: datetime, *, latitude: float, longitude: float) -> bool:
    """Whether the sun is up; in polar summer always, in polar winter never."""
    return elevation_deg(at, latitude=latitude, longitude=longitude) > HORIZON_DEG
