# SPDX-License-Identifier: Apache-2.0
"""What the visitor holds: form factor, operating system and browser from user agent and client hints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import ClassVar

from ua_parser import Parser, load_lazy_builtins
from ua_parser.regex import Resolver

from adapters.answer import Answer, Nothing
from adapters.client_hints import NO_HINTS, ClientHints, read, strings
from adapters.client_hints import refused as refused_hints
from adapters.form_factor import APPLE_MOBILE, FORM_FACTORS, form_factor
from adapters.protocol import Field, Purpose, Value

LONGEST = 1024  # characters of a user agent that are looked at; real ones stay under 500

SYSTEMS = ("windows", "macos", "linux", "chromeos", "android", "ios", "tv", "other")
BROWSERS = ("chrome", "safari", "firefox", "edge", "samsung", "opera", "app", "other")

# The word that begins the family name which ua-parser reports -> our level.
SYSTEM_OF = {
    "windows": "windows", "mac": "macos", "macos": "macos", "linux": "linux", "ubuntu": "linux",
    "debian": "linux", "fedora": "linux", "red": "linux", "suse": "linux", "gentoo": "linux",
    "freebsd": "linux", "openbsd": "linux", "netbsd": "linux", "chrome": "chromeos", "chromium": "chromeos",
    "android": "android", "fireos": "android", "harmonyos": "android", "ios": "ios", "ipados": "ios",
    "tizen": "tv", "web0s": "tv", "webos": "tv", "tvos": "tv", "atv": "tv", "roku": "tv", "chromecast": "tv",
}  # fmt: skip
SYSTEM_SAID = [
    (re.compile(words, re.IGNORECASE), level)
    for words, level in (
        (r"\b(iphone|ipad|ipod|ios)", "ios"),
        (r"\b(android|openharmony)\b", "android"),
        (r"\b(macintosh|mac ?os)\b", "macos"),
        (r"\bwin(dows|32|64|7|8|10|11)\b", "windows"),
    )
]
BROWSER_OF = {
    "chrome": "chrome", "chromium": "chrome", "safari": "safari", "firefox": "firefox", "edge": "edge",
    "samsung": "samsung", "opera": "opera", "facebook": "app", "instagram": "app", "pinterest": "app",
    "snapchat": "app", "twitter": "app", "linkedin": "app", "wechat": "app", "line": "app",
    "android": "app", "tiktok": "app",
}  # fmt: skip
BRAND_OF = {
    "google chrome": "chrome", "microsoft edge": "edge", "opera": "opera", "samsung internet": "samsung",
    "android webview": "app",
}  # fmt: skip
# Programs that fetch pages without a person: ua-parser knows them as browsers, not as spiders.
PROGRAMS = ("curl", "wget", "python", "go-http", "headlesschrome", "phantomjs", "java", "scrapy", "ruby")


class Device:
    """Reads `device.user_agent` and, where the caller has them, `device.client_hints` by header name."""

    name: ClassVar[str] = "device"
    fields: ClassVar[tuple[Field, ...]] = (
        Field(name="form_factor", kind="category", levels=FORM_FACTORS, purpose="personalization"),
        Field(name="os", kind="category", levels=SYSTEMS, purpose="personalization"),
        Field(name="browser", kind="category", levels=BROWSERS, purpose="personalization"),
        Field(name="bot", kind="category", levels=("yes", "no"), purpose="personalization"),
    )
    inputs: ClassVar[Mapping[str, Purpose]] = {"device": "personalization"}
    problem: ClassVar[str] = ""

    def __init__(self, *, memo: int = 4096) -> None:
        """Args: memo: how many different devices are remembered."""
        self._describe = lru_cache(maxsize=memo)(describe)
        # By the hash of what was said, which is quicker to make than what `describe` takes.
        self._seen: dict[int, Mapping[str, Value]] = {}
        self._most = memo
        compiled_rules()  # now, it takes a tenth of a second, instead of for the first visitor

    def features(
        self,
        request: Mapping[str, object],
        *,
        at: datetime,  # noqa: ARG002 (a device is the same at any time)
    ) -> Mapping[str, Value]:
        """See `adapters.protocol.Adapter`."""
        device = request.get("device")
        if not isinstance(device, dict):
            return NOTHING if device is None else REFUSED
        agent = device.get("user_agent")
        hints = device.get("client_hints")
        try:
            said = hash((agent, tuple(hints.items()) if isinstance(hints, dict) else None))
        except TypeError:  # something in it is no text: this device is described without being remembered
            return self._described(agent, hints)
        found = self._seen.get(said)
        if found is None:
            if len(self._seen) >= self._most:
                self._seen.clear()
            found = self._seen[said] = self._described(agent, hints)
        return found

    def _described(self, agent: object, hints: object) -> Mapping[str, Value]:
        text = agent[:LONGEST] if isinstance(agent, str) else ""
        found = self._describe(text, NO_HINTS if hints is None else read(hints))
        return Answer(found, "refused") if refused({"user_agent": agent, "client_hints": hints}) else found

    def why_missing(self, request: Mapping[str, object], *, at: datetime) -> str:
        """See `adapters.protocol.Adapter`."""
        known = self.features(request, at=at)
        if reasons := refused(request.get("device")):
            return "; ".join(f"{name}: {why}" for name, why in reasons.items())
        if not known:
            return "the request carries no readable device.user_agent and no device.client_hints"
        return "" if len(known) == len(self.fields) else "the client hints alone do not tell"

    async def refresh(self) -> None:
        """Nothing to do: the rules are part of the installed ua-parser."""


NOTHING: Mapping[str, Value] = MappingProxyType({})
REFUSED = Nothing("refused")


def refused(device: object) -> dict[str, str]:
    """What of a request's `device` cannot be used, and why, by the name of the input."""
    if device is None:
        return {}
    if not isinstance(device, dict):
        return {"device": "got something else; allowed an object with user_agent and client_hints"}
    agent = device.get("user_agent")
    wrong = {
        f"device.client_hints{name}": why for name, why in refused_hints(device.get("client_hints")).items()
    }
    if agent is not None and not (isinstance(agent, str) and agent.strip().isprintable()):
        wrong["device.user_agent"] = (
            "got what is no text, or control characters; allowed the header as it was sent"
        )
    return wrong


@lru_cache(maxsize=1)
def compiled_rules() -> Parser:
    """The rules of ua-parser in its compiled resolver, shared by all; `describe` is what is memoised."""
    return Parser(Resolver(load_lazy_builtins()))


def describe(agent: str, hints: ClientHints) -> Mapping[str, Value]:
    """Reduce a user agent and hints to levels; what neither tells is left out."""
    agent = agent.strip()
    if not agent.isprintable():  # control characters and lone surrogates: nobody's real user agent
        agent = ""
    if not agent and hints == NO_HINTS:
        return NOTHING
    parsed = compiled_rules().parse(agent)
    browser = parsed.user_agent.family if parsed.user_agent else ""
    system = _system(parsed.os.family if parsed.os else "", hints, agent)
    if system == "macos" and APPLE_MOBILE.search(agent):
        system = "ios"  # an iPad that asks for pages as a Mac would
    family, brand = (parsed.device.family, parsed.device.brand or "") if parsed.device else ("", "")
    bot = family == "Spider" or browser.lower().startswith(PROGRAMS)
    form = "bot" if bot else form_factor(agent, hints, system=system, device=family, brand=brand)
    levels = {
        "form_factor": form,
        "os": system,
        "browser": _browser(browser, hints, agent),
        "bot": ("yes" if bot else "no") if agent else "",
    }
    return MappingProxyType({name: level for name, level in levels.items() if level})


def _system(family: str, hints: ClientHints, agent: str) -> str:
    hinted = strings(hints.platform)[:1]
    words = (hinted[0] if hinted else family.lower()).split()
    if words and words[0] != "unknown":
        known = SYSTEM_OF.get(words[0])
        if known or hinted:
            return known or "other"
    if not agent:
        return ""
    # Apps and old browsers say it in words of their own.
    return next((level for said, level in SYSTEM_SAID if said.search(agent)), "other")


def _browser(family: str, hints: ClientHints, agent: str) -> str:
    for brand in strings(hints.brands):
        if level := BRAND_OF.get(brand):
            return level
    if not agent:
        return ""
    name = family.lower().removeprefix("mobile ")
    return BROWSER_OF.get(name.split()[0], "other") if name else "other"
