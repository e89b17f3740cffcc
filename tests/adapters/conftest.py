# SPDX-License-Identifier: Apache-2.0
"""What the tests of the context sources share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet


def city_record(country: str, region: str, city: str, latitude: float, longitude: float, zone: str) -> Any:
    """A record in the shape of MaxMind's city databases."""
    return {
        "country": {"iso_code": country},
        "subdivisions": [{"iso_code": region}],
        "city": {"names": {"en": city, "de": "anders"}},
        "location": {"latitude": latitude, "longitude": longitude, "time_zone": zone},
    }


NETWORKS = {
    "81.2.69.160/27": city_record("GB", "ENG", "London", 51.5142, -0.0931, "Europe/London"),
    "5.1.0.0/16": city_record("US", "NY", "New York", 40.7128, -74.006, "America/New_York"),
    "2001:db8::/32": city_record("JP", "13", "Tokyo", 35.6895, 139.6917, "Asia/Tokyo"),
    "6.6.6.0/24": {"country": "damaged", "subdivisions": {}, "city": 3, "location": {"latitude": "x"}},
}


@pytest.fixture
def write_geo(tmp_path: Path) -> Callable[..., Path]:
    """Write a city database with the given networks and put it in the place of the last one, as a whole."""

    def write(networks: dict[str, Any] = NETWORKS) -> Path:
        writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="GeoIP2-City")
        for network, record in networks.items():
            writer.insert_network(IPSet([network]), record)
        new, path = tmp_path / "new.mmdb", tmp_path / "city.mmdb"
        writer.to_db_file(str(new))
        new.replace(path)
        return path

    return write
