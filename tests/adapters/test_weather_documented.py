# SPDX-License-Identifier: Apache-2.0
"""Weather providers: every code and every error that they document is understood."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from adapters.weather import Weather
from adapters.weather_providers import CONDITIONS, PROVIDERS, Observation

BERLIN = {"location": {"latitude": 52.52, "longitude": 13.42}}
NOON = 1_795_262_400.0  # the second hour of the met.no sample begins
MakeWeather = Callable[..., Weather]

OPEN_METEO = {
    "clear": (0, 1), "cloudy": (2, 3), "fog": (45, 48), "drizzle": (51, 53, 55, 56, 57),
    "rain": (61, 63, 65, 66, 67, 80, 81, 82), "snow": (71, 73, 75, 77, 85, 86), "thunder": (95, 96, 99),
    "unknown": (4, 100, -1, None, "73", 1e9, True),
}  # fmt: skip
OPEN_WEATHER_MAP = {
    "thunder": (200, 202, 212, 232), "drizzle": (300, 321), "rain": (500, 501, 511, 520, 531),
    "snow": (600, 601, 611, 616, 622), "fog": (701, 741, 781), "clear": (800, 801), "cloudy": (802, 803, 804),
    "unknown": (0, 900, 99_999, None, "601"),
}  # fmt: skip
MET_NO = {
    "clear": ("clearsky_day", "clearsky_polartwilight", "fair_night"),
    "cloudy": ("partlycloudy_day", "cloudy"),
    "fog": ("fog",),
    "drizzle": ("lightrain", "lightrainshowers_day"),
    "rain": ("rain", "heavyrain", "rainshowers_night", "heavyrainshowers_day"),
    "snow": ("snow", "lightsnow", "heavysnowshowers_day", "sleet", "lightsleetshowers_day"),
    "thunder": ("rainandthunder", "heavysnowshowersandthunder_day", "lightssleetshowersandthunder_day"),
    "unknown": ("", "hurricane", None, 7),
}
CODES = [
    (provider, code, condition)
    for provider, table in (
        ("open-meteo", OPEN_METEO),
        ("openweathermap", OPEN_WEATHER_MAP),
        ("met-no", MET_NO),
    )
    for condition, codes in table.items()
    for code in codes
]


def read(provider: str, data: object) -> Observation:
    """What a provider makes of an answer at noon."""
    return PROVIDERS[provider]().read(data, now=NOON)


def hour(data: Any) -> Any:
    """The entry of a met.no answer that holds at noon."""
    return data["properties"]["timeseries"][1]["data"]


@pytest.mark.parametrize(("provider", "code", "condition"), CODES)
def test_codes(provider: str, code: Any, condition: str, documented: dict[str, Any]) -> None:
    """A documented code is a word of the closed vocabulary; any other costs no more than that word."""
    data = copy.deepcopy(documented[provider])
    if provider == "open-meteo":
        data["current"]["weather_code"] = code
    elif provider == "openweathermap":
        data["weather"][0]["id"] = code
    else:
        hour(data)["next_1_hours"]["summary"]["symbol_code"] = code
    seen = read(provider, data)
    assert (seen.condition, seen.temp_c, seen.wind_ms) == (condition, -3.5, 4.0)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_whole_vocabulary_is_used(provider: str) -> None:
    """Each provider has a code for every condition."""
    assert {condition for name, _, condition in CODES if name == provider} == set(CONDITIONS)


@pytest.mark.parametrize(
    ("provider", "status", "body"),
    [
        (
            "open-meteo",
            400,
            {"error": True, "reason": "Latitude must be in range of -90 to 90°."},
        ),
        ("open-meteo", 429, {"error": True, "reason": "Minutely API request limit exceeded."}),
        ("openweathermap", 401, {"cod": 401, "message": "Invalid API key."}),
        ("openweathermap", 404, {"cod": "404", "message": "city not found"}),
        ("openweathermap", 429, {"cod": 429, "message": "Your account is temporary blocked."}),
        ("openweathermap", 500, {"cod": "500", "message": "Internal error"}),
        ("met-no", 403, None),
        ("met-no", 404, None),
        ("met-no", 422, None),
        ("met-no", 429, None),
        ("met-no", 503, None),
    ],
)
async def test_errors(
    provider: str, status: int, body: object, make_weather: MakeWeather, clock: Any, stub: Any
) -> None:
    """A documented error is counted under its status; its words go nowhere."""
    weather = make_weather(provider)
    weather.features(BERLIN, at=clock.at)
    stub.status, stub.data = status, body
    await weather.refresh()
    assert weather.counts == {"not_fetched": 1, f"failed_http_{status}": 1}
    assert weather.problem == f"http_{status}"
    assert weather.features(BERLIN, at=clock.at) == {}


@pytest.mark.parametrize("cod", [401, "401", "429", 404, None])
def test_an_error_that_came_with_status_200(cod: object) -> None:
    """OpenWeatherMap's own code counts, whether it is a number or text."""
    with pytest.raises(ValueError, match="cod is not 200"):
        read("openweathermap", {"cod": cod, "main": {"temp": 3.0}, "wind": {"speed": 1.0}})


def test_code_as_text(documented: dict[str, Any]) -> None:
    """A cod of "200" is as good as 200."""
    assert read("openweathermap", {**documented["openweathermap"], "cod": "200"}).condition == "snow"


@pytest.mark.parametrize(
    ("falls", "amount"),
    [
        ({}, 0.0),
        ({"rain": {"1h": 0.4}}, 0.4),
        ({"rain": {"1h": 0.4}, "snow": {"1h": 1.0}}, 1.4),
        ({"rain": {"3h": 2.0}}, 0.0),
    ],
)
def test_precipitation_of_an_hour(falls: Any, amount: float, documented: dict[str, Any]) -> None:
    """OpenWeatherMap names rain and snow of the last hour apart, and neither when it is dry."""
    data = {
        name: value for name, value in documented["openweathermap"].items() if name not in ("rain", "snow")
    }
    assert read("openweathermap", data | falls).precipitation_mm == pytest.approx(amount)


@pytest.mark.parametrize(("interval", "amount"), [(900, 1.2), (3600, 0.3), (None, 0.3), (0, 0.3)])
def test_precipitation_of_an_interval(interval: Any, amount: float, documented: dict[str, Any]) -> None:
    """Open-Meteo gives the sum of an interval, which it names; it is told as a rate by the hour."""
    data = copy.deepcopy(documented["open-meteo"])
    data["current"]["interval"] = interval
    assert read("open-meteo", data).precipitation_mm == pytest.approx(amount)


def test_hours_to_come(documented: dict[str, Any]) -> None:
    """Of met.no's later entries, which tell six hours at once, what they tell of the moment is used."""
    data = copy.deepcopy(documented["met-no"])
    entry = hour(data)
    entry["next_6_hours"] = entry.pop("next_1_hours")
    seen = read("met-no", data)
    assert (seen.temp_c, seen.condition, seen.precipitation_mm) == (-3.5, "unknown", None)


@pytest.mark.parametrize(
    ("later_s", "temp_c"), [(-7200, -2.0), (-1, -2.0), (0, -3.5), (3600, 1.0), (9e6, 1.0)]
)
def test_the_hour_that_holds(later_s: float, temp_c: float, documented: dict[str, Any]) -> None:
    """An answer that is kept for a while is read for the hour that has begun."""
    data = documented["met-no"]
    assert PROVIDERS["met-no"]().read(data, now=NOON + later_s).temp_c == temp_c


async def test_keys_go_where_they_belong(make_weather: MakeWeather, clock: Any, stub: Any) -> None:
    """A paid host of Open-Meteo gets its key, met.no gets none, and coordinates have two decimals."""
    for provider, name in (("open-meteo", "apikey"), ("openweathermap", "appid"), ("met-no", None)):
        weather = make_weather(provider, grid_deg=0.05)
        weather.features({"location": {"latitude": 52.518765, "longitude": -13.421234}}, at=clock.at)
        await weather.refresh()
        query = stub.asked[-1].query
        assert [each for each, value in query.items() if value == "s3cret-key"] == ([name] if name else [])
        assert {"52.50", "-13.40"} <= set(query.values())
