# SPDX-License-Identifier: Apache-2.0
"""The text of a calendar file (RFC 5545) cut into its components, each with its line: one that is spoilt
must not take the others with it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LINE_END = re.compile(r"\r\n|\n|\r")
NAME = re.compile(r"[A-Za-z0-9-]+")
NOT_CLOSED = "END:{} is missing"


@dataclass(slots=True)
class Block:
    """One component.

    Args:
        kind: VEVENT or VTIMEZONE.
        line: of its BEGIN, from 1.
        lines: unfolded, without those of components within.
        flaw: why it is not whole, else empty.
    """

    kind: str
    line: int
    lines: list[str] = field(default_factory=list)
    flaw: str = ""

    @property
    def text(self) -> str:
        """The component by itself."""
        return "\r\n".join([f"BEGIN:{self.kind}", *self.lines, f"END:{self.kind}", ""])

    def value(self, name: str) -> str:
        """The first value of a property as it is written, empty if it has none."""
        for line in self.lines:
            if property_of(line) == name:
                return line.rpartition(":")[2].strip() if name != "UID" else line.partition(":")[2].strip()
        return ""


@dataclass(slots=True)
class CalendarText:
    """One VCALENDAR: its own properties, its time zones and its events."""

    line: int
    properties: Block
    zones: list[Block] = field(default_factory=list)
    events: list[Block] = field(default_factory=list)


def property_of(line: str) -> str:
    """The name of a line's property in upper case, whether or not the rest of it can be read."""
    found = NAME.match(line)
    return found[0].upper() if found else ""


def calendars_of(data: bytes) -> list[CalendarText]:
    """The calendars of a file, one after the other.

    Raises: ValueError when there is none, or the file ends within one, as when it is still being written.
    """
    reader = _Reader()
    for number, line in _unfolded(data.decode("utf-8-sig", errors="replace")):
        reader.take(number, line)
    if not reader.found:
        raise ValueError("it has no BEGIN:VCALENDAR")
    if reader.is_open:
        raise ValueError("it ends before END:VCALENDAR")
    return reader.found


def _unfolded(text: str) -> list[tuple[int, str]]:
    """Content lines with the number of the line where each begins."""
    lines: list[tuple[int, str]] = []
    for number, line in enumerate(LINE_END.split(text), start=1):
        if line[:1] in (" ", "\t") and lines:
            lines[-1] = lines[-1][0], lines[-1][1] + line[1:]
        else:
            lines.append((number, line))
    return lines


class _Reader:
    """Knows where in a file it is: in which calendar, in which of its components, and how deep in that."""

    def __init__(self) -> None:
        self.found: list[CalendarText] = []
        self.is_open = False
        self._block: Block | None = None
        self._within: list[str] = []  # what else is open: components within the block, or of no interest

    def take(self, number: int, line: str) -> None:
        word, _, name = line.strip().upper().partition(":")
        if word == "BEGIN":
            self._begin(number, name)
        elif word == "END":
            self._end(name)
        elif self._within or not line.strip():
            return
        elif self._block is not None:
            self._block.lines.append(line)
        elif self.is_open:
            self.found[-1].properties.lines.append(line)

    def _begin(self, number: int, name: str) -> None:
        if name == "VCALENDAR":
            self._close(whole=False)
            self.is_open = True
            self.found.append(CalendarText(number, Block(name, number)))
        elif name in ("VEVENT", "VTIMEZONE") and self.is_open:
            self._close(whole=False)
            calendar = self.found[-1]
            self._block = Block(name, number)
            (calendar.events if name == "VEVENT" else calendar.zones).append(self._block)
        elif self._block is not None and self._block.kind == "VTIMEZONE":
            self._block.lines.append(f"BEGIN:{name}")  # its parts are what makes it
        else:
            self._within.append(name)

    def _end(self, name: str) -> None:
        if name == "VCALENDAR":
            self._close(whole=False)
            self.is_open = False
        elif self._block is not None and name == self._block.kind:
            self._close(whole=True)
        elif self._block is not None and self._block.kind == "VTIMEZONE":
            self._block.lines.append(f"END:{name}")
        elif name in self._within:
            del self._within[self._within.index(name) :]

    def _close(self, *, whole: bool) -> None:
        """Leave the component that is open; what was within it is left with it."""
        if self._block is not None and not whole:
            self._block.flaw = NOT_CLOSED.format(self._block.kind)
        self._block = None
        self._within.clear()
