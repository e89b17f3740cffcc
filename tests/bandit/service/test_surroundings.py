# SPDX-License-Identifier: Apache-2.0
"""Where slotwise runs leaves no trace in what it knows: two servers give the same vectors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

PROGRAM = Path(__file__).with_name("vectors.py")
CALENDAR = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:1
SUMMARY:ILIK İNDİRİM
DTSTART:20261101T063000
DTEND:20261101T073000
END:VEVENT
BEGIN:VEVENT
UID:2
SUMMARY:Ilık gece
DTSTART;TZID=Europe/Istanbul:20261225T030000
DTEND;TZID=Europe/Istanbul:20261225T040000
END:VEVENT
END:VCALENDAR
"""


def output(calendar: Path, *, language: str, zone: str, seed: int) -> bytes:
    """What the program prints in some surroundings."""
    names = dict.fromkeys(("LANG", "LC_ALL", "LC_MESSAGES"), language)
    surroundings = {"LANGUAGE": language.partition(".")[0], "TZ": zone, "PYTHONHASHSEED": str(seed)}
    return subprocess.run(
        [sys.executable, PROGRAM, calendar], env={**os.environ, **names, **surroundings}, check=True,
        stdout=subprocess.PIPE,
    ).stdout  # fmt: skip


@pytest.fixture(scope="module")
def calendar(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A calendar with times of all visitors and times of their own."""
    path = tmp_path_factory.mktemp("calendar") / "promos.ics"
    path.write_bytes(CALENDAR.replace("\n", "\r\n").encode())
    return path


@pytest.fixture(scope="module")
def usual(calendar: Path) -> bytes:
    """What is known on a server without a language."""
    return output(calendar, language="C.UTF-8", zone="UTC", seed=0)


@pytest.mark.parametrize(
    ("language", "zone", "seed"),
    [
        ("C.UTF-8", "America/New_York", 1),
        ("en_US.UTF-8", "UTC", 0),
        ("de_DE.ISO-8859-1", "America/New_York", 2),
        ("tr_TR.UTF-8", "Pacific/Chatham", 3),
    ],
)
def test_surroundings_leave_no_trace(
    calendar: Path, usual: bytes, language: str, zone: str, seed: int
) -> None:
    """Locale, time zone and hash seed of the server change no byte of a field or a vector."""
    assert output(calendar, language=language, zone=zone, seed=seed) == usual


def test_what_is_compared_is_known(usual: bytes) -> None:
    """The fixed requests reach holidays and events, which is what a locale or a zone would change."""
    found = [orjson.loads(line)[0] for line in usual.splitlines()]
    assert {"erster-weihnachtstag", "christmas-day"} <= {each.get("holidays.holiday_name") for each in found}
    assert {"ilik-i-ndi-ri-m", "ilık-gece"} <= {each.get("holidays.event") for each in found}
    assert {"daytime.clock": "local"}.items() <= found[9].items()
    assert {each["daytime.clock"] for each in found[3:6]} == {"utc"}
