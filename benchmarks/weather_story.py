# SPDX-License-Identifier: Apache-2.0
"""What it earns to know the weather, and what is left of it when the provider goes away; draws the picture.

    python benchmarks/weather_story.py [--seeds 8]

A real server, its weather from a provider on loopback; the same visitors come to three variants of one
placement. Prints clicks per visit phase by phase and writes docs/pictures/weather.svg.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean

import aiohttp

from simulator.worlds.weather import Skies
from simulator.worlds.weather_provider import WeatherProvider
from simulator.worlds.weather_story import VARIANTS, Seen, Story, clicks, gain

PICTURE = Path(__file__).parent.parent / "docs" / "pictures" / "weather.svg"
NAMES = {"weather": "knows the weather", "city": "knows the city", "plain": "knows neither"}
BEST = "best possible"
COLOURS = ("#0072b2", "#e69f00", "#999999", "#009e73")  # told apart by colour-blind readers, too
BIN = 20  # visits a point of the picture
SETTINGS = {
    "SLOTWISE_WEATHER_PROVIDER": "open-meteo",
    "SLOTWISE_WEATHER_ALLOW_PRIVATE": "true",
    "SLOTWISE_WEATHER_INTERVAL_S": "2",
    "SLOTWISE_WEATHER_STALE_S": "12",
    "SLOTWISE_WEATHER_FORGET_S": "24",
}
BREAKER_S = 120.0  # a provider that was away is trusted again when the breaker lets a question through

Phase = tuple[str, list[Seen]]


def known(skies: Skies, city: str, context: Mapping[str, object]) -> bool:
    """Whether the service knows the sky that is over a city now."""
    return context.get("weather.temp_c") == skies.over(city).temp_c


async def told(url: str, provider: WeatherProvider, skies: Skies, *, seeds: int) -> list[Phase]:
    """Let the story happen, phase by phase."""
    phases: list[Phase] = []
    async with aiohttp.ClientSession(url) as session:
        story = Story(session, skies, variants=tuple(VARIANTS), seeds=range(seeds))
        await story.open()
        await story.until(lambda city, context: known(skies, city, context))
        phases.append(("learning", await story.play(400)))
        skies.move_on()
        await story.until(lambda city, context: known(skies, city, context))
        phases.append(("the weather changes", await story.play(200)))
        await provider.stop()
        phases.append(("provider gone", await story.play(60)))
        await story.until(lambda _, context: context.get("weather.state") == "stale")
        phases.append(("stale", await story.play(60)))
        await story.until(lambda _, context: "weather.state" not in context)
        phases.append(("not known", await story.play(100)))
        await provider.start()
        await story.until(lambda city, context: known(skies, city, context), patience_s=BREAKER_S)
        phases.append(("provider back", await story.play(80)))
    if any(each.fallback for each in story.seen):
        sys.exit("a page was not ranked by its policy")
    return phases


def report(phases: Sequence[Phase]) -> None:
    """Print clicks per visit of each variant, and the gain of weather over neither."""
    print(f"{'phase':20} {'weather':>8} {'city':>8} {'neither':>8} {'best':>8}   gain (95 % over seeds)")
    for name, seen in phases:
        by_variant = {variant: clicks(seen, variant) for variant in VARIANTS}
        means = " ".join(f"{fmean(by_variant[variant].values()):8.3f}" for variant in VARIANTS)
        best = fmean(each.best for each in seen)
        more = gain(by_variant["weather"], by_variant["plain"])
        print(f"{name:20} {means} {best:8.3f}   {more.mean:+.3f} ({more.low:+.3f} to {more.high:+.3f})")


def draw(phases: Sequence[Phase], path: Path) -> None:
    """Draw what was shown to the same visitors; without altair, draw nothing and say so."""
    if find_spec("altair") is None or find_spec("vl_convert") is None:
        print("No picture: altair or vl-convert is missing (pip install 'slotwise[analysis]').")
        return
    import altair as alt  # noqa: PLC0415

    seen = [each for _, part in phases for each in part]
    bins: dict[tuple[str, int], list[float]] = {}
    for each in seen:
        at = each.number // BIN * BIN
        bins.setdefault((NAMES[each.variant], at), []).append(each.rate)
        bins.setdefault((BEST, at), []).append(each.best)
    points = [
        {"variant": variant, "visit": at + BIN / 2, "rate": fmean(rates)}
        for (variant, at), rates in bins.items()
    ]
    marks = [{"phase": name, "visit": min(each.number for each in part)} for name, part in phases[1:]]
    order = [BEST, *NAMES.values()]
    x = alt.X("visit:Q", title="visits to each placement", scale=alt.Scale(nice=False))
    lines = (
        alt.Chart(alt.Data(values=points))
        .mark_line(strokeWidth=2)
        .encode(
            x=x,
            y=alt.Y("rate:Q", title="clicks per visit", scale=alt.Scale(domain=[0, 0.65])),
            color=alt.Color(
                "variant:N",
                sort=order,
                title=None,
                scale=alt.Scale(domain=order, range=[COLOURS[3], *COLOURS[:3]]),
                legend=alt.Legend(orient="bottom"),
            ),
            strokeDash=alt.condition(f"datum.variant == '{BEST}'", alt.value([4, 4]), alt.value([1, 0])),
        )
    )
    changes = alt.Chart(alt.Data(values=marks))
    rules = changes.mark_rule(color="#555555", strokeDash=[2, 2]).encode(x="visit:Q")
    labels = changes.mark_text(angle=270, align="right", baseline="top", dx=-4, dy=3, color="#333333").encode(
        x="visit:Q", y=alt.value(0), text="phase:N"
    )
    chart = (lines + rules + labels).properties(width=720, height=280)
    path.parent.mkdir(parents=True, exist_ok=True)
    chart.save(str(path))
    print(f"wrote {path}")


async def played(seeds: int) -> list[Phase]:
    """Start the provider and the server, tell the story, stop them."""
    skies = Skies()
    provider = WeatherProvider(skies.at)
    await provider.start()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = [
            sys.executable,
            "-m",
            "bandit",
            "serve",
            "--open",
            "--data-dir",
            folder,
            "--port",
            str(port),
        ]
        server = await asyncio.create_subprocess_exec(
            *command,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **SETTINGS, "SLOTWISE_WEATHER_URL": provider.url},
        )
        try:
            if server.stdout is None or b"ready" not in await server.stdout.readline():
                sys.exit("server: did not start")
            return await told(f"http://127.0.0.1:{port}", provider, skies, seeds=seeds)
        finally:
            server.terminate()
            await server.wait()
            await provider.stop()


def main() -> None:
    """Run, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seeds", type=int, default=8)
    phases = asyncio.run(played(parser.parse_args().seeds))
    report(phases)
    draw(phases, PICTURE)


if __name__ == "__main__":
    main()
