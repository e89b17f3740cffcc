# SPDX-License-Identifier: Apache-2.0
"""Devices: real user agents and client hints become closed levels."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from adapters.answer import state_of
from adapters.device import Device, refused

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
KHTML = "AppleWebKit/537.36 (KHTML, like Gecko)"
CHROME = f"{KHTML} Chrome/137.0.0.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X)"
APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"

AGENTS = {
    "iphone": (
        f"{IPHONE} {APPLE} Version/18.5 Mobile/15E148 Safari/604.1",
        ("phone", "ios", "safari"),
    ),
    "chrome on iphone": (
        f"{IPHONE} {APPLE} CriOS/137.0 Mobile/15E148 Safari/604.1",
        ("phone", "ios", "chrome"),
    ),
    "app on iphone": (
        f"{IPHONE} {APPLE} Mobile/15E148 [FBAN/FBIOS;FBAV/515.0]",
        ("phone", "ios", "app"),
    ),
    "ipad": (
        f"Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) {APPLE} Version/16.6 Mobile/15E148 Safari/604.1",
        ("tablet", "ios", "safari"),
    ),
    "reduced android phone": (
        f"Mozilla/5.0 (Linux; Android 10; K) {KHTML} Chrome/137.0.0.0 Mobile Safari/537.36",
        ("phone", "android", "chrome"),
    ),
    "reduced android tablet": (
        f"Mozilla/5.0 (Linux; Android 10; K) {CHROME}",
        ("tablet", "android", "chrome"),
    ),
    "samsung": (
        f"Mozilla/5.0 (Linux; Android 14; SM-S918B) {KHTML} "
        "SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
        ("phone", "android", "samsung"),
    ),
    "windows": (f"{WINDOWS} {CHROME}", ("desktop", "windows", "chrome")),
    "edge": (f"{WINDOWS} {CHROME} Edg/137.0.0.0", ("desktop", "windows", "edge")),
    "opera": (f"{WINDOWS} {CHROME} OPR/122.0.0.0", ("desktop", "windows", "opera")),
    "mac": (
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {APPLE} Version/18.5 Safari/605.1.15",
        ("desktop", "macos", "safari"),
    ),
    "linux": (
        "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:139.0) Gecko/20100101 Firefox/139.0",
        ("desktop", "linux", "firefox"),
    ),
    "chromebook": (f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {CHROME}", ("desktop", "chromeos", "chrome")),
    "samsung tv": (
        f"Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) {KHTML} 76.0/6.0 TV Safari/537.36",
        ("tv", "tv", "safari"),
    ),
    "lg tv": (f"Mozilla/5.0 (Web0S; Linux/SmartTV) {CHROME} WebAppManager", ("tv", "tv", "chrome")),
    "openharmony phone": (
        f"Mozilla/5.0 (Phone; OpenHarmony 5.0) {KHTML} Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1 Mobile",
        ("phone", "android", "chrome"),
    ),
    "openharmony tablet": (
        f"Mozilla/5.0 (Tablet; OpenHarmony 5.0) {KHTML} Chrome/114.0.0.0 Safari/537.36 ArkWeb/4.1.6.1",
        ("tablet", "android", "chrome"),
    ),
    "openharmony desktop": (
        f"Mozilla/5.0 (PC; OpenHarmony 5.0; HarmonyOS 5.0) {KHTML} Chrome/114.0.0.0 Safari/537.36",
        ("desktop", "android", "chrome"),
    ),
    "web view on an ipad": (
        f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {APPLE} Mobile/15E148",
        ("tablet", "ios", "other"),
    ),
    "a phone without a touch screen": (
        "Mozilla/5.0 (Mobile; Nokia_8110_4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5.1",
        ("phone", "other", "firefox"),
    ),
    "an older phone": (
        "Nokia201/2.0 (11.21) Profile/MIDP-2.1 Configuration/CLDC-1.1 UCWEB Mobile",
        ("phone", "other", "other"),
    ),
    "a desktop with a part for tablets": (
        "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Trident/4.0; Tablet PC 2.0)",
        ("desktop", "windows", "other"),
    ),
    "a box with android": (
        f"Mozilla/5.0 (Linux; Android 9; 43U800BR Build/PTT1; wv) {KHTML} Chrome/75.0 Safari/537.36 TV/21.09",
        ("tv", "android", "chrome"),
    ),
    "a headset": (
        f"Mozilla/5.0 (X11; Linux x86_64; Quest 3) {KHTML} OculusBrowser/26.2 Chrome/110.0 VR Safari/537.36",
        ("other", "android", "other"),
    ),
    "a console that shows films": (
        f"Mozilla/5.0 (PlayStation 5/SmartTV) {APPLE}",
        ("other", "other", "other"),
    ),
    "an app on an android phone": (
        "Dalvik/2.1.0 (Linux; U; Android 7.0; HT50 Build/NRD90M)",
        ("phone", "android", "app"),
    ),
    "android on a chromebook": (
        f"Mozilla/5.0 (Linux; Android 9; Dell Chromebook 11 (3180)) {KHTML} Chrome/76.0 Safari/537.36",
        ("desktop", "android", "chrome"),
    ),
    "a program on a mac": (
        "Microsoft Office Word/16.68.1211 (Mac OS/14.0; Desktop; en-US; AppStore; Apple/Mac14,7)",
        ("desktop", "macos", "other"),
    ),
    "an app that names its system alone": (
        "MyShop/3.2 CFNetwork/1494.0.7 Darwin/23.4.0",
        ("other", "ios", "other"),
    ),
    "console": (
        f"Mozilla/5.0 (PlayStation; PlayStation 5/2.26) {APPLE} Version/13.0 Safari/605.1.15",
        ("other", "other", "safari"),
    ),
    "search engine": (
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        ("bot", "other", "other"),
    ),
    "search engine as a phone": (
        f"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) {KHTML} Chrome/137 Mobile Safari/537.36 "
        "(compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        ("bot", "android", "other"),
    ),
    "headless": (
        f"Mozilla/5.0 (X11; Linux x86_64) {KHTML} HeadlessChrome/137.0.0.0 Safari/537.36",
        ("bot", "linux", "other"),
    ),
    "program": ("curl/8.5.0", ("bot", "other", "other")),
    "nobody knows": ("Foo/1.0", ("other", "other", "other")),
}


@pytest.fixture(scope="module")
def device() -> Device:
    """The adapter with its default settings."""
    return Device()


@pytest.mark.parametrize("name", AGENTS)
def test_user_agents(device: Device, name: str) -> None:
    """A user agent alone gives form factor, system, browser and whether it is a bot."""
    agent, (form, system, browser) = AGENTS[name]
    known = device.features({"device": {"user_agent": agent}}, at=AT)
    bot = "yes" if form == "bot" else "no"
    assert known == {"form_factor": form, "os": system, "browser": browser, "bot": bot}


@pytest.mark.parametrize(
    ("hints", "expected"),
    [
        ({"Sec-CH-UA-Form-Factors": '"Tablet"'}, {"form_factor": "tablet"}),
        (
            {"sec-ch-ua-mobile": "?1", "sec-ch-ua-platform": '"Android"'},
            {"form_factor": "phone", "os": "android"},
        ),
        (
            {"sec-ch-ua-mobile": "?0", "sec-ch-ua-platform": '"Android"'},
            {"form_factor": "tablet", "os": "android"},
        ),
        ({"SEC-CH-UA-PLATFORM": '"macOS"'}, {"form_factor": "desktop", "os": "macos"}),
        ({"Sec-CH-UA": '"Not/A)Brand";v="99", "Microsoft Edge";v="156"'}, {"browser": "edge"}),
        ({"Sec-CH-UA-Platform": '"Unknown"'}, {}),
        ({"Sec-CH-UA-Mobile": 7, "X-Other": "?1"}, {}),
    ],
)
def test_hints_without_a_user_agent(device: Device, hints: object, expected: dict[str, str]) -> None:
    """Client hints alone tell what they tell; the rest stays unknown."""
    assert device.features({"device": {"client_hints": hints}}, at=AT) == expected


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("iPhone", ["device"]),
        ({"user_agent": ["curl/8.5"]}, ["device.user_agent"]),
        ({"user_agent": "a\x00b"}, ["device.user_agent"]),
        (
            {"user_agent": f"{WINDOWS} {CHROME}", "client_hints": {"Sec-CH-UA-Mobile": "maybe"}},
            ["device.client_hints.Sec-CH-UA-Mobile"],
        ),
    ],
)
def test_what_is_no_device_is_refused(device: Device, said: object, names: list[str]) -> None:
    """What cannot be a user agent or a hint is named, and the answer says that something was refused."""
    answer = device.features({"device": said}, at=AT)
    assert (list(refused(said)), state_of(answer, doubtful=False)) == (names, "refused")


def test_hints_correct_the_user_agent(device: Device) -> None:
    """A tablet that calls itself a desktop is found out by its hints."""
    request = {
        "device": {
            "user_agent": f"Mozilla/5.0 (X11; Linux x86_64) {CHROME}",
            "client_hints": {"Sec-CH-UA-Form-Factors": '"Tablet"', "Sec-CH-UA-Platform": '"Android"'},
        }
    }
    known = device.features(request, at=AT)
    assert (known["form_factor"], known["os"], known["browser"]) == ("tablet", "android", "chrome")


@pytest.mark.parametrize("agent", [None, 7, "", "   ", "\x00\x01hello", "a\r\nb", "\ud800", ["x"], {"a": 1}])
def test_malformed_user_agents_are_unknown(device: Device, agent: object) -> None:
    """What cannot be a user agent leaves every field out."""
    assert device.features({"device": {"user_agent": agent}}, at=AT) == {}


def test_memo_stays_bounded() -> None:
    """Thousands of long, different user agents keep only as many entries as the memo allows."""
    small = Device(memo=8)
    for number in range(100):
        small.features({"device": {"user_agent": f"{number} " + "x" * 10_000}}, at=AT)
    assert small._describe.cache_info().currsize == 8


def test_says_what_is_not_told(device: Device) -> None:
    """Without a user agent and with hints that tell little, the reasons differ."""
    hints = {"device": {"client_hints": {"sec-ch-ua-mobile": "?1"}}}
    assert "no readable device.user_agent" in device.why_missing({}, at=AT)
    assert device.why_missing(hints, at=AT) == "the client hints alone do not tell"
