# SPDX-License-Identifier: Apache-2.0
"""Consent: what flags and Global Privacy Control deny, and that denied data is really not used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters import ADAPTERS
from adapters.consent import OPTIONAL, ConsentRules
from adapters.sources import Sources

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
BOTH = {"location", "personalization"}
ENRICHER = Sources().enricher(ADAPTERS)

people = st.fixed_dictionaries(
    {
        "device": st.fixed_dictionaries(
            {"user_agent": st.sampled_from(["curl/8", "Foo", "Mozilla/5.0 (iPad; x)"])}
        ),
        "location": st.fixed_dictionaries(
            {
                "country": st.sampled_from(["US", "SA", "JP"]),
                "latitude": st.floats(-90, 90),
                "longitude": st.floats(-180, 180),
                "time_zone": st.sampled_from(["Asia/Tokyo", "America/New_York"]),
            }
        ),
        "time_zone": st.sampled_from(["Asia/Tokyo", "Europe/Paris"]),
    }
)


@pytest.mark.parametrize(
    ("consent", "denied"),
    [
        (None, set()),
        ({}, set()),
        ({"location": True, "personalization": True}, set()),
        ({"location": False}, {"location"}),
        ({"personalization": 1}, {"personalization"}),
        ({"location": "yes"}, {"location"}),
        ({"functional": False}, set()),
        ({"gpc": True}, BOTH),
        ({"gpc": "1", "location": True}, BOTH),
        ({"gpc": "0"}, set()),
        ("no", BOTH),
        ([], BOTH),
    ],
)
def test_flags(consent: object, denied: set[str]) -> None:
    """Only a plain yes is a yes; Global Privacy Control says no to all that is optional."""
    request = {} if consent is None else {"consent": consent}
    assert ConsentRules().denied(request) == denied


def test_ask_first() -> None:
    """A purpose that is asked for first is denied without a flag that says yes."""
    rules = ConsentRules(ask_first=["location"])
    assert rules.denied({}) == {"location"}
    assert rules.denied({"consent": {"personalization": False}}) == BOTH
    assert rules.denied({"consent": {"location": True}}) == set()


def test_the_browsers_header() -> None:
    """The visitor's own Sec-GPC header counts beside the flags, for the purposes that the operator chose."""
    rules = ConsentRules(gpc_denies=["location"])
    assert rules.denied({}, gpc=True) == {"location"}
    assert rules.denied({"consent": {"personalization": False}}, gpc=True) == BOTH


@pytest.mark.parametrize("field", ["ask_first", "gpc_denies"])
def test_refuses_purposes(field: str) -> None:
    """Purposes that cannot be denied are refused."""
    with pytest.raises(
        ValueError, match=rf"consent\.{field}: got 'functional'; allowed location, personalization"
    ):
        ConsentRules(**{field: ["functional"]})


@given(one=people, other=people, denied=st.sets(st.sampled_from(sorted(OPTIONAL)), min_size=1))
def test_denied_data_is_not_used(one: dict[str, Any], other: dict[str, Any], denied: set[str]) -> None:
    """Two visitors who differ only in what they did not agree to give are the same visitor."""
    flags = {"consent": dict.fromkeys(denied, False)}
    shared = {key: one[key] for key, purpose in ENRICHER._purpose_of.items() if purpose not in denied}
    assert ENRICHER.known({**one, **flags}, at=AT) == ENRICHER.known({**other, **shared, **flags}, at=AT)


@given(person=people, denied=st.sets(st.sampled_from(sorted(OPTIONAL))))
def test_denied_fields_are_absent(person: dict[str, Any], denied: set[str]) -> None:
    """No field serves a purpose without consent, and its status says why."""
    known = ENRICHER.known({**person, "consent": dict.fromkeys(denied, False)}, at=AT)
    purposes = {ENRICHER.declared[name].purpose for name in known.values}
    statuses = ENRICHER.statuses(known)
    assert not purposes & denied
    assert {ENRICHER.declared[name].purpose for name, s in statuses.items() if s == "no_consent"} == denied


def test_an_address_without_consent_is_not_looked_up(
    write_geo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database is not even asked about a visitor who did not agree."""
    sources = Sources(settings={"location": {"database": str(write_geo())}})
    enricher = sources.enricher(["location", "daytime"])
    request = {"location": {"ip": "5.1.2.3"}}
    assert enricher.known(request, at=AT).values["location.city"] == "new york"
    asked: list[object] = []
    monkeypatch.setattr(enricher.places._database, "lookup", asked.append)  # type: ignore[attr-defined]
    known = enricher.known({**request, "consent": {"location": False}}, at=AT)
    assert (asked, known.values["daytime.clock"]) == ([], "utc")
