# SPDX-License-Identifier: Apache-2.0
"""Adapters are made by name, with checked settings."""

from __future__ import annotations

import pytest

from adapters import build


def test_keeps_the_given_order() -> None:
    """Adapters come in the order in which they are named, each once."""
    assert [adapter.name for adapter in build(["daytime", "device", "daytime"])] == ["daytime", "device"]


def test_refuses_an_unknown_adapter() -> None:
    """An unknown name is refused with the names that exist."""
    with pytest.raises(ValueError, match=r"context: got 'x'; allowed device, daytime"):
        build(["device", "x"])


def test_refuses_settings_of_an_unknown_adapter() -> None:
    """Settings that no adapter could take are refused."""
    with pytest.raises(ValueError, match=r"context settings: got 'wether'; allowed device"):
        build(["device"], settings={"wether": {}})


def test_refuses_an_unknown_setting() -> None:
    """A setting that an adapter does not have is refused with those that it has."""
    with pytest.raises(ValueError, match=r"context\.device: got 'cache'; allowed memo"):
        build(["device"], settings={"device": {"cache": 1}})


def test_settings_reach_the_adapter() -> None:
    """Each adapter gets its own settings: here one memo of one entry."""
    (device,) = build(["device"], settings={"device": {"memo": 1}})
    assert device._describe.cache_info().maxsize == 1  # type: ignore[attr-defined]
