# SPDX-License-Identifier: Apache-2.0
"""A weather provider on loopback: it speaks Open-Meteo's documented format, or misbehaves when told to."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import orjson

from simulator.worlds.weather import Sky
from simulator.worlds.weather_trouble import TROUBLES, Trouble, answer

Coordinates = tuple[float, float]
HOST = "127.0.0.1"


class WeatherProvider:
    """Listens on a free port of loopback between `start` and `stop`, always the same one.

    Args: sky: over coordinates, latitude first.

    Attributes:
        trouble: one of `TROUBLES`, or empty while all is well.
        well_every: every so many questions one is answered well in spite of the trouble, so that no breaker
            opens; 0 for none.
        asked: how often the weather of which coordinates was asked for.
        most_at_once: the most questions about one place that were ever open at a time.
    """

    def __init__(self, sky: Callable[[float, float], Sky]) -> None:
        self._sky = sky
        self._server: asyncio.Server | None = None
        self._port = 0
        self._open: Counter[Coordinates] = Counter()
        self._answering: set[asyncio.Task[None]] = set()
        self._was_asked = asyncio.Condition()
        self.trouble = ""
        self.well_every = 0
        self.asked: Counter[Coordinates] = Counter()
        self.most_at_once = 0

    @property
    def url(self) -> str:
        """What to give to the weather adapter; known once it was started."""
        return f"http://{HOST}:{self._port}/v1/forecast"

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._accept, HOST, self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Hang up on everybody and listen no more: who asks now finds the connection refused."""
        if self._server is not None:
            self._server.close()
            for task in self._answering:
                task.cancel()
            await asyncio.gather(*self._answering, return_exceptions=True)
            await self._server.wait_closed()
            self._server = None

    async def wait_until_asked(self, places: int) -> None:
        """Return once the weather of so many places was asked for."""
        async with self._was_asked:
            await self._was_asked.wait_for(lambda: len(self.asked) >= places)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
        # Whoever asked may hang up at any time, as on answers that are too long or too slow; so may `stop`.
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            try:
                await self._answer(reader, writer)
            finally:
                writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        asked = parse_qs(urlsplit(request.split(" ", 2)[1]).query)
        place = float(asked["latitude"][0]), float(asked["longitude"][0])
        self.asked[place] += 1
        self._open[place] += 1
        self.most_at_once = max(self.most_at_once, self._open[place])
        async with self._was_asked:
            self._was_asked.notify_all()
        try:
            data = forecast(self._sky(*place), place)
            well = not self.trouble or (self.well_every and self.asked.total() % self.well_every == 0)
            tell: Trouble = answer if well else TROUBLES[self.trouble]
            await tell(writer, orjson.dumps(data))
            await writer.drain()
        finally:
            self._open[place] -= 1


def forecast(sky: Sky, place: Coordinates) -> dict[str, object]:
    """Open-Meteo's answer to a question for the current weather."""
    return {
        "latitude": place[0],
        "longitude": place[1],
        "generationtime_ms": 0.05,
        "utc_offset_seconds": 0,
        "timezone": "GMT",
        "timezone_abbreviation": "GMT",
        "elevation": 38.0,
        "current_units": {
            "time": "unixtime",
            "interval": "seconds",
            "temperature_2m": "°C",
            "apparent_temperature": "°C",
            "precipitation": "mm",
            "wind_speed_10m": "m/s",
            "weather_code": "wmo code",
        },
        "current": {
            "time": 1_795_262_400,
            "interval": 900,
            "temperature_2m": sky.temp_c,
            "apparent_temperature": sky.feels_c,
            "precipitation": sky.precipitation_mm,
            "wind_speed_10m": sky.wind_ms,
            "weather_code": sky.code,
        },
    }
