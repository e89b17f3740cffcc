# SPDX-License-Identifier: Apache-2.0
"""Time zones that a caller may name."""

from __future__ import annotations

from adapters.stated import zone_name


def test_the_servers_own_zone_is_no_zone() -> None:
    """A name that means the zone of whichever machine reads it is not known; those of places are."""
    names = ("localtime", "Etc/UTC", "Asia/Tokyo")
    assert [zone_name(name) for name in names] == ["", "Etc/UTC", "Asia/Tokyo"]
