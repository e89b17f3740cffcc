# SPDX-License-Identifier: Apache-2.0
"""Consent from request to log: what was not agreed to leaves no trace, and the trace says that it was not."""

from __future__ import annotations

from typing import Any

import pytest

ADAPTERS = ["device", "daytime", "location", "holidays"]
AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Safari/604.1"
)
BERLIN = {"location": {"country": "DE", "city": "berlin", "latitude": 52.5, "longitude": 13.4}}
LIMA = {"location": {"country": "PE", "city": "lima", "latitude": -12.0, "longitude": -77.0}}
PHONE: dict[str, Any] = {"device": {"user_agent": AGENT}}


@pytest.mark.parametrize(
    ("flags", "gpc"),
    [
        ({"consent": {"location": False}}, False),
        ({"consent": {"gpc": True}}, False),
        ({}, True),
        ({"consent": {"location": True}}, True),
    ],
)
async def test_denied_values_do_not_change_a_byte(rig: Any, flags: dict[str, Any], gpc: bool) -> None:
    """Without consent the vector and the logged context are the same with and without the field's value."""
    await rig.put(context=ADAPTERS)
    found = [
        await rig.rank(context={"page": {"section": "news"}, **place, **flags}, gpc=gpc)
        for place in (BERLIN, LIMA, {})
    ]
    assert len({each.x for each in found}) == 1
    assert [each.context for each in found] == [found[0].context] * 3
    assert {each.sources["location"] for each in found} == {"no_consent"}


async def test_with_consent_the_same_values_count(rig: Any) -> None:
    """The two places that are alike without consent are told apart with it."""
    await rig.put(context=ADAPTERS)
    berlin, lima = [await rig.rank(context=place) for place in (BERLIN, LIMA)]
    assert berlin.x != lima.x
    assert (berlin.context["location.city"], lima.context["location.city"]) == ("berlin", "lima")
    assert "location" not in berlin.sources


async def test_consent_is_by_purpose(rig: Any) -> None:
    """Who agrees to location and not to personalization is on no known device, but in a known place."""
    await rig.put(context=ADAPTERS)
    found = await rig.rank(context={**PHONE, **BERLIN, "consent": {"personalization": False}})
    assert not [name for name in found.context if name.startswith("device.")]
    assert found.context["location.country"] == "DE"
    assert found.sources == {"device": "no_consent", "holidays": "missing"}


async def test_every_bad_state_stands_in_the_trace(rig: Any) -> None:
    """The trace of a decision says of each source that was not at its best what was wrong."""
    await rig.put(context=["device", "weather", "location", "daytime"])
    refused = {"location": {"latitude": 999, "longitude": 0}}
    decision = (await rig.rank(context=refused)).decision
    trace = rig.service.reporting.trace(decision, scope=frozenset())
    assert trace["sources"] == {"device": "missing", "weather": "off", "location": "refused"}
    rig.check()
