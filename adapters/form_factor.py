# SPDX-License-Identifier: Apache-2.0
"""Phone, tablet, desktop or television: what a user agent says of it, the plainest words first."""

from __future__ import annotations

import re

from adapters.client_hints import ClientHints, flag, strings

FORM_FACTORS = ("phone", "tablet", "desktop", "tv", "bot", "other")
FORM_OF_HINT = {"desktop": "desktop", "mobile": "phone", "tablet": "tablet"}
MACHINES = ("windows", "macos", "linux", "chromeos")
PLAYED = ("PlayStation", "Nintendo", "Xbox")  # how ua-parser's names of consoles begin
TV_DEVICES = ("AFT", "AppleTV", "Roku", "Chromecast")  # AFT: Amazon's Fire TV models
APPLE_MOBILE = re.compile(r"\bMobile/\w")  # a build of iOS: no Mac has it
# A class of device as a word of its own in the comment: (Phone; OpenHarmony 5.0), (Mobile; rv:48.0).
CLASS = re.compile(r"[(;]\s*(phone|mobile|tablet|desktop|pc|2in1|tv|smart-tv|wearable|watch|car)\s*(?=[;)])")
FORM_OF_CLASS = {
    "phone": "phone", "mobile": "phone", "tablet": "tablet", "desktop": "desktop", "pc": "desktop",
    "2in1": "desktop", "tv": "tv", "smart-tv": "tv", "wearable": "other", "watch": "other", "car": "other",
}  # fmt: skip
# Marks that are looked for as they are: a search for many patterns at once takes ten times as long.
PLAYS = ("playstation", "xbox", "nintendo", "steamdeck", " vr ", "oculusbrowser")
WORN = ("watch", "wear os", "wearable")
# Televisions: the word by itself or at the end of a name, and what only their software says of itself.
TV_WORDS = {
    "tv": re.compile(r"\btv\b|(smart|google|android|hbb|web|net|mi|k)-?tv(?![a-z])"),
    "aft": re.compile(r"\baft[a-z0-9]{1,9}\b"),
    "tivo": re.compile(r"\btivo"),
    "maple": re.compile(r"\bmaple"),
    "roku": re.compile(r"\broku"),
}
TV = (
    "bravia", "crkey", " viera", "aquos", "netcast", "ce-html", "vidaa", "whaleos", "vizios", "avui/tv",
    " omi/", "brightsign",
)  # fmt: skip
TABLET = re.compile(r"tablet|(?<![a-z])tab(?![a-z])|(?<!note)(?<!game)(?<!phone)pad(?![a-z])")
PHONE = ("mobile", "phone", "midp", "opera mini", "opera mobi", " wap", "up.browser", "ucweb", "windows ce")


def form_factor(agent: str, hints: ClientHints, *, system: str, device: str, brand: str) -> str:
    """A level of FORM_FACTORS, empty where nothing tells it.

    Args: system: our level; device, brand: as ua-parser names them.
    """
    for hint in strings(hints.form_factors):
        if hint in FORM_OF_HINT:
            return FORM_OF_HINT[hint]
    text = agent.lower()
    if device.startswith(PLAYED) or _any(PLAYS, text):
        return "other"
    if said := CLASS.search(text):
        return FORM_OF_CLASS[said[1]]
    if system == "ios":
        return _apple(text, device)
    mobile = flag(hints.mobile)
    return (
        _by_word(text, mobile, system=system, device=device, brand=brand)
        or _by_system(text, mobile, system=system)
        or ("other" if agent else "")
    )


def _by_word(text: str, mobile: bool | None, *, system: str, device: str, brand: str) -> str:
    """What words anywhere in the user agent say, empty where none does."""
    if device.startswith(TV_DEVICES) or (system not in ("windows", "macos") and _is_tv(text)):
        return "tv"
    if device == "Apple Watch" or (system not in MACHINES and _any(WORN, text)):
        return "other"
    if "chromebook" in text:
        return "desktop"
    if device == "Kindle" or brand == "Generic_Android_Tablet":
        return "tablet"
    # "Tablet PC" is a part of Windows.
    if system not in ("windows", "macos") and _any(("tab", "pad"), text) and TABLET.search(text):
        return "tablet"
    return "phone" if mobile or (mobile is None and _any(PHONE, text)) else ""


def _by_system(text: str, mobile: bool | None, *, system: str) -> str:
    """What is usual for the system, empty where nothing is."""
    if system == "android":
        # A browser on a tablet leaves the word Mobile out; other programs never say it.
        return "phone" if mobile is None and text and not text.startswith("mozilla") else "tablet"
    if system == "tv":
        return "tv"
    return "desktop" if system in MACHINES or "x11;" in text else ""


def _apple(text: str, device: str) -> str:
    if "apple tv" in text or device == "AppleTV":
        return "tv"
    if "ipad" in text or "macintosh" in text:
        return "tablet"
    # Programs name the system alone, which is that of a Mac as well.
    return "phone" if any(word in text for word in ("iphone", "ipod", "mobile")) else "other"


def _is_tv(text: str) -> bool:
    for mark, word in TV_WORDS.items():
        if mark in text and word.search(text):
            return True
    return _any(TV, text)


def _any(marks: tuple[str, ...], text: str) -> bool:
    for mark in marks:  # a generator would take three times as long  # noqa: SIM110
        if mark in text:
            return True
    return False
