# SPDX-License-Identifier: Apache-2.0
"""What is known about a request: the caller's fields and those of the placement's adapters."""

from __future__ import annotations

from typing import Any

import pytest

from bandit.core.catalogue import parse_placement
from bandit.core.features import Encoder
from bandit.errors import Invalid
from bandit.service.context import Context

AT = 1_780_000_000.0
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/17.0 Mobile/15E148 Safari/604.1"
)


def test_adapters_add_what_they_declare() -> None:
    """Every field that the placement's adapters fill is declared, so that it may be logged."""
    context = Context()
    placement = parse_placement({"context": ["device", "daytime"]})
    request: dict[str, Any] = {"device": {"user_agent": PHONE}, "page": {"section": "news"}}
    known = context.known(placement, request, at=AT).known
    assert known["page.section"] == "news"
    assert known["device.form_factor"] == "phone"
    encoder = Encoder(placement.features, context.declared(placement))
    assert known.keys() - encoder.declared(known).keys() == {"page.section"}
    assert all(isinstance(value, (str, float, bool)) for value in known.values())


@pytest.mark.parametrize("names", [[], ["device"], ["daytime", "location"]])
def test_raw_input_never_becomes_a_field(names: list[str]) -> None:
    """Addresses and user agents are left out, whichever adapters are on and however they are sent."""
    request = {
        "device": {"user_agent": PHONE},
        "location": {"ip": "192.0.2.7"},
        "location.ip": "192.0.2.7",
        "device.user_agent": PHONE,
    }
    known = Context().known(parse_placement({"context": names}), request, at=AT).known
    assert [value for value in known.values() if value in (PHONE, "192.0.2.7")] == []


@pytest.mark.parametrize("names", [["location"], ["daytime"], ["device", "holidays"]])
def test_what_is_refused_is_told(names: list[str]) -> None:
    """A place that cannot be is in the trace and in the report, also where it only tells the time of day."""
    context, placement = Context(), parse_placement({"context": names})
    request = {"location": {"country": "Narnia", "latitude": 7}, "time_zone": "Mars/Olympus"}
    assert context.known(placement, request, at=AT).sources["location"] == "refused"
    assert list(context.refused(placement, request)) == ["location.country", "time_zone"]
    denied = {**request, "consent": {"location": False}}
    assert context.refused(placement, denied) == {}
    assert "refused" not in context.known(placement, denied, at=AT).sources.values()


def test_an_unknown_adapter_is_refused() -> None:
    """A placement can only name adapters that there are."""
    with pytest.raises(Invalid) as caught:
        Context().declared(parse_placement({"context": ["moon"]}))
    assert caught.value.field == "context"


@pytest.mark.parametrize(
    "device", [None, 7, "x", [], {"user_agent": 7}, {"user_agent": "\x00" * 300}, {"user_agent": {"a": []}}]
)
def test_raw_input_of_any_shape_is_survived(device: Any) -> None:
    """What adapters read comes from strangers: of whatever shape it is, the request is answered."""
    placement = parse_placement({"context": ["device", "daytime", "location"]})
    request = {"device": device, "location": device, "time_zone": device}
    known = Context().known(placement, request, at=AT).known
    assert "daytime.part" in known


def test_a_source_that_raises_costs_its_fields_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adapters promise not to raise; the visitor is answered even if one does."""
    context = Context()
    placement = parse_placement({"context": ["device"]})
    enricher = context.sources.enricher(placement.context)
    monkeypatch.setattr(enricher, "known", lambda request, **_: 1 / 0)
    assert context.known(placement, {"page": "news"}, at=AT) == ({"page": "news"}, {"device": "failed"})
    monkeypatch.undo()
    phone = context.known(placement, {"device": {"user_agent": PHONE}}, at=AT)
    assert (phone.known["device.form_factor"], phone.sources) == ("phone", {})
