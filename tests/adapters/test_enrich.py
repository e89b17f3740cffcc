# SPDX-License-Identifier: Apache-2.0
"""The whole context: one answer of all adapters, held to their declarations, with reasons."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

import orjson
import pytest

from adapters import ADAPTERS, Field, Purpose, Value
from adapters.declared import Declaration
from adapters.enrich import RAW_INPUTS, Enricher
from adapters.place import StatedPlaces
from adapters.refreshing import keep_fresh
from adapters.sources import Sources

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
VISITOR = {
    "device": {"user_agent": "curl/8.5.0"},
    "location": {"country": "US", "latitude": 40.71, "longitude": -74.01},
    "page": {"section": "news"},
}


def test_full_names_of_declared_fields() -> None:
    """Values stand under `<adapter>.<field>`, and nothing undeclared is among them."""
    enricher = Sources().enricher(["device", "daytime", "location"])
    known = enricher.known(VISITOR, at=AT)
    assert known.values["device.form_factor"] == "bot"
    assert known.values["daytime.clock"] == "local"  # by the time zone of the coordinates
    assert known.values.keys() <= enricher.declared.keys()
    assert (known.denied, known.doubtful) == (frozenset(), frozenset())


def test_every_field_is_explained() -> None:
    """Each declared field comes with its value or with a reason why it has none."""
    rows = Sources().enricher(ADAPTERS).explain({"consent": {"personalization": False}}, at=AT)
    reasons = {row.field: row.reason for row in rows}
    assert all((row.value is None) == bool(row.reason) for row in rows)
    assert reasons["device.os"] == "no consent to personalization"
    assert reasons["weather.temp_c"] == "no weather provider is configured"
    assert reasons["location.country"].startswith("the request carries no location")


def test_planted_personal_data_stays_out() -> None:
    """Addresses, e-mails and names, planted wherever adapters read, are in no value."""
    planted = {
        "device": {"user_agent": "Foo jane.doe@example.org", "client_hints": {"Sec-CH-UA": "Jane"}},
        "location": {
            "city": "12 Privet Drive", "region": "jane", "country": "Jane", "ip": "203.0.113.77",
            "latitude": 48.858370, "longitude": 2.294481, "time_zone": "Jane/Doe",
        },
        "time_zone": "jane.doe@example.org",
        "consent": {"note": "Jane Doe"},
    }  # fmt: skip
    known = orjson.dumps(Sources().enricher(ADAPTERS).known(planted, at=AT).values).decode().lower()
    for secret in ("jane", "privet", "203.0.113", "48.858", "2.2944", "@"):
        assert secret not in known


def test_raw_inputs_are_named() -> None:
    """What callers send for adapters is raw, whatever a placement has switched on."""
    assert {"device", "location", "time_zone", "consent"} == RAW_INPUTS


class Sloppy:
    """An adapter that does not keep what it declares."""

    name: ClassVar[str] = "sloppy"
    fields: ClassVar[tuple[Field, ...]] = (
        Field(name="size", kind="number", low=0.0, high=10.0, unit="m"),
        Field(name="colour", kind="category", levels=("red", "blue")),
    )
    inputs: ClassVar[Mapping[str, Purpose]] = {}
    problem: ClassVar[str] = ""

    def __init__(self, answer: dict[str, Any]) -> None:
        self.answer = answer
        self.refreshed = 0

    def features(self, request: Mapping[str, object], *, at: datetime) -> Mapping[str, Value]:
        """Answer as told."""
        return self.answer

    def why_missing(self, request: Mapping[str, object], *, at: datetime) -> str:
        """Not well."""
        return "sloppy"

    async def refresh(self) -> None:
        """Fail each time."""
        self.refreshed += 1
        raise RuntimeError(f"broken {self.refreshed}")


@pytest.mark.parametrize(
    ("answer", "values", "doubtful"),
    [
        ({"size": 3.0, "colour": "red"}, {"sloppy.size": 3.0, "sloppy.colour": "red"}, set()),
        ({"size": 99, "colour": "green"}, {"sloppy.size": 10.0}, {"sloppy.size", "sloppy.colour"}),
        ({"size": float("nan")}, {}, {"sloppy.size"}),
        ({"size": True, "colour": 3}, {}, {"sloppy.size", "sloppy.colour"}),
        ({"secret": "x"}, {}, set()),
    ],
)
def test_answers_are_held_to_their_declaration(
    answer: dict[str, Any], values: dict[str, Any], doubtful: set[str]
) -> None:
    """Numbers are clipped, unknown levels and undeclared fields dropped, and the status says so."""
    enricher = Enricher([Sloppy(answer)], places=StatedPlaces())
    known = enricher.known({}, at=AT)
    assert known.values == values
    assert set(known.doubtful) == doubtful
    statuses = enricher.statuses(known)
    assert {name for name, status in statuses.items() if status == "out_of_range"} == doubtful


def test_an_adapter_that_raises_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """One adapter that breaks its promise costs its own fields, and no one else's."""
    broken, good = Sloppy({}), Sloppy({"size": 3.0})
    monkeypatch.setattr(broken, "features", None)
    enricher = Enricher([broken, good], places=StatedPlaces())
    assert enricher.known({}, at=AT).values == {"sloppy.size": 3.0}
    assert enricher.failures == {"sloppy": 1}


def test_open_levels_are_bounded() -> None:
    """A category without levels takes short words only."""
    declaration = Declaration("x", [Field(name="city", kind="category")])
    assert declaration.hold({"city": "rome"}) == ({"x.city": "rome"}, [])
    assert declaration.hold({"city": "r" * 65}) == ({}, ["x.city"])


async def test_weather_states_become_statuses(
    make_weather: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fields of an adapter whose state is stale are stale, all of them."""
    weather = make_weather()
    enricher = Enricher([weather], places=StatedPlaces())
    enricher.known(VISITOR, at=clock.at)
    await weather.refresh()
    assert set(enricher.statuses(enricher.known(VISITOR, at=clock.at)).values()) == {"known"}
    clock.now += 4000
    assert set(enricher.statuses(enricher.known(VISITOR, at=clock.at)).values()) == {"stale"}


async def test_refreshing_survives_failures() -> None:
    """An adapter that raises is reported and refreshed again; it stops no other."""
    first, second = Sloppy({}), Sloppy({})
    told: list[tuple[object, str]] = []
    enough = asyncio.Event()

    def on_error(adapter: object, error: Exception) -> None:
        told.append((adapter, str(error)))
        if first.refreshed >= 2 and second.refreshed >= 2:
            enough.set()

    task = asyncio.create_task(keep_fresh(lambda: [first, second], every_s=0, on_error=on_error))
    await enough.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert {(first, "broken 1"), (first, "broken 2"), (second, "broken 1"), (second, "broken 2")} <= set(told)
