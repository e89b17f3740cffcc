# SPDX-License-Identifier: Apache-2.0
"""Weather providers, one file each, behind one protocol (`observation.Provider`)."""

from __future__ import annotations

from adapters.weather_providers.met_no import MetNo
from adapters.weather_providers.observation import CONDITIONS, Observation, Provider
from adapters.weather_providers.open_meteo import OpenMeteo
from adapters.weather_providers.open_weather_map import OpenWeatherMap

PROVIDERS: dict[str, type[Provider]] = {
    OpenMeteo.name: OpenMeteo,
    OpenWeatherMap.name: OpenWeatherMap,
    MetNo.name: MetNo,
}

__all__ = ["CONDITIONS", "PROVIDERS", "Observation", "Provider"]
