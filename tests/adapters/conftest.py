# SPDX-License-Identifier: Apache-2.0
"""What the tests of the context sources share."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from adapters.weather import Weather


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


OPEN_METEO = {
    "latitude": 52.52, "longitude": 13.42, "elevation": 38.0, "generationtime_ms": 0.1,
    "utc_offset_seconds": 0, "timezone": "GMT", "timezone_abbreviation": "GMT",
    "current_units": {
        "time": "unixtime", "interval": "seconds", "temperature_2m": "°C", "apparent_temperature": "°C",
        "precipitation": "mm", "wind_speed_10m": "m/s", "weather_code": "wmo code",
    },
    "current": {
        "time": 1795262400, "interval": 900, "temperature_2m": -3.5, "apparent_temperature": -8.0,
        "precipitation": 0.3, "wind_speed_10m": 4.0, "weather_code": 73,
    },
}  # fmt: skip
OPEN_WEATHER_MAP = {
    "coord": {"lon": 13.42, "lat": 52.52},
    "weather": [{"id": 601, "main": "Snow", "description": "snow", "icon": "13d"}], "base": "stations",
    "main": {"temp": -3.5, "feels_like": -8.0, "pressure": 1010, "humidity": 90},
    "visibility": 2000, "wind": {"speed": 4.0, "deg": 200, "gust": 8.1}, "snow": {"1h": 1.2},
    "clouds": {"all": 100}, "dt": 1795262400, "sys": {"country": "DE", "sunrise": 1, "sunset": 2},
    "timezone": 3600, "id": 2950159, "name": "Berlin", "cod": 200,
}  # fmt: skip


def met_no_entry(time: str, temperature: float, symbol: str) -> Any:
    """One hour of Locationforecast 2.0 compact."""
    details = {
        "air_temperature": temperature,
        "relative_humidity": 80.0,
        "wind_speed": 4.0,
        "cloud_area_fraction": 100,
    }
    coming = {"summary": {"symbol_code": symbol}, "details": {"precipitation_amount": 1.2}}
    return {"time": time, "data": {"instant": {"details": details}, "next_1_hours": coming}}


MET_NO = {
    "type": "Feature",
    "geometry": {"type": "Point", "coordinates": [13.42, 52.52, 38]},
    "properties": {
        "meta": {"updated_at": "2026-11-21T11:30:00Z", "units": {"air_temperature": "celsius"}},
        "timeseries": [
            met_no_entry("2026-11-21T11:00:00Z", -2.0, "lightrain"),
            met_no_entry("2026-11-21T12:00:00Z", -3.5, "heavysnowshowers_day"),
            met_no_entry("2026-11-21T13:00:00Z", 1.0, "clearsky_day"),
        ],
    },
}
DOCUMENTED = {"open-meteo": OPEN_METEO, "openweathermap": OPEN_WEATHER_MAP, "met-no": MET_NO}


class Stub:
    """A real server on loopback that answers as told, and remembers who asked what."""

    def __init__(self) -> None:
        self.data: object = None
        self.status = 200
        self.headers: dict[str, str] = {}
        self.misbehave: str = ""
        self.asked: list[web.Request] = []
        self.url = ""
        self.was_asked, self.over = asyncio.Event(), asyncio.Event()

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Answer with data, or misbehave."""
        self.asked.append(request)
        self.was_asked.set()
        if self.misbehave == "hang":
            await self.over.wait()
        if self.misbehave in ("huge", "endless", "stall"):
            return await self._pour(request)
        if self.misbehave == "redirect":
            raise web.HTTPFound(self.url + "/redirected")
        if self.misbehave:
            return web.Response(text=self.misbehave, content_type="text/html", headers=self.headers)
        if self.status == 304:
            return web.Response(status=304, headers=self.headers)
        return web.json_response(self.data, status=self.status, headers=self.headers)

    async def _pour(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        if self.misbehave == "huge":
            response.content_length = 1 << 30
        await response.prepare(request)
        try:
            while True:
                await response.write(b" " * 65_536)
                if self.misbehave == "stall":
                    await self.over.wait()
                    break
        except ConnectionError:
            pass  # the client has had enough: that is the point
        return response


@pytest.fixture
async def stub(aiohttp_server: Callable[..., Any]) -> AsyncIterator[Stub]:
    """A server that answers every path."""
    stub = Stub()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", stub.answer)
    server = await aiohttp_server(app)
    stub.url = str(server.make_url("/")).rstrip("/")
    yield stub
    stub.over.set()


class Clock:
    """A clock that is set by hand, starting at 2026-11-21 12:00 UTC."""

    def __init__(self) -> None:
        self.now = 1_795_262_400.0

    def __call__(self) -> float:
        return self.now

    @property
    def at(self) -> datetime:
        """The same time as a date."""
        return datetime.fromtimestamp(self.now, UTC)


@pytest.fixture
def clock() -> Clock:
    """A clock that is set by hand."""
    return Clock()


@pytest.fixture(scope="session")
def documented() -> dict[str, Any]:
    """An answer of each weather provider, in its documented shape: snow at -3.5 degrees."""
    return copy.deepcopy(DOCUMENTED)


@pytest.fixture
def make_weather(stub: Stub, clock: Clock) -> Callable[..., Weather]:
    """Make a weather adapter that asks the stub."""

    def make(provider: str = "open-meteo", **settings: Any) -> Weather:
        stub.data = copy.deepcopy(DOCUMENTED[provider])
        given = {
            "key": "s3cret-key",
            "agent": "shop.example ops@shop.example",
            "allow_private": True,
            **settings,
        }
        return Weather(provider=provider, url=f"{stub.url}/api", clock=clock, **given)

    return make
