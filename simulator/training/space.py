# SPDX-License-Identifier: Apache-2.0
"""What may be searched: settings of a policy given as choices `a|b|c` or as a range `low..high`."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from bandit.errors import Invalid
from simulator.targets import parse_spec
from simulator.targets.grid import expand_all
from simulator.training.targets import check_target

_NUMBER = r"[-+]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][-+]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})")
# a range whose ends lie this far apart is searched by factors, not by steps
FAR_APART = 10.0
# a place within a range that is hardly a whole number
INSIDE = 0.38197
# digits of a number that is tried
DIGITS = 4


@dataclass(frozen=True, slots=True)
class Choices:
    """One of several values."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Range:
    """A number between two others.

    Args:
        low: the least.
        high: the largest.
        whole: whether only whole numbers will do.
    """

    low: float
    high: float
    whole: bool

    @property
    def by_factors(self) -> bool:
        """Whether to search it on a logarithmic scale."""
        return self.low > 0 and self.high / self.low >= FAR_APART


@dataclass(frozen=True, slots=True)
class Space:
    """A spec with settings left open.

    Args:
        text: as it was written.
        kind: of policy.
        fixed: settings that are not searched.
        open: what to search, by setting.
    """

    text: str
    kind: str
    fixed: Mapping[str, str]
    open: Mapping[str, Choices | Range]

    @classmethod
    def parse(cls, text: str) -> Space:
        """From `linucb:alpha=0.01..1,l2=1|10`.

        Raises:
            Invalid: a range without a middle, a choice without a value, or a setting that the policy lacks.
        """
        kind, settings = parse_spec(text)
        fixed: dict[str, str] = {}
        left_open: dict[str, Choices | Range] = {}
        for name, value in settings.items():
            ends = _RANGE.fullmatch(value)
            if ends is not None:
                left_open[name] = Range(*_ends(kind, name, ends[1], ends[2]), whole=False)
            elif "|" in value:
                left_open[name] = _choices(kind, name, value)
            else:
                fixed[name] = value
        space = cls(text, kind, fixed, left_open)
        return space._with_whole_numbers()

    def spec(self, values: Mapping[str, str]) -> str:
        """The spec with a value for each open setting."""
        settings = {**self.fixed, **values}
        return f"{self.kind}:" + ",".join(f"{name}={value}" for name, value in settings.items())

    @property
    def example(self) -> str:
        """A spec with one value for each open setting."""
        return self._at(INSIDE) if self.open else self.text

    def _at(self, share: float) -> str:
        """The spec with every range at so much of its length, every choice at its first value."""
        values = {
            name: one.values[0]
            if isinstance(one, Choices)
            else written(one, one.low + share * (one.high - one.low))
            for name, one in self.open.items()
        }
        return self.spec(values) if self.open else self.text

    def _check(self) -> None:
        for share in (INSIDE, 0.0, 1.0):
            check_target(self._at(share))

    def _with_whole_numbers(self) -> Space:
        """The same, with whole numbers where a setting takes no others."""
        try:
            self._check()
        except Invalid:
            whole = {
                name: Range(one.low, one.high, whole=True) if isinstance(one, Range) else one
                for name, one in self.open.items()
            }
            space = Space(self.text, self.kind, self.fixed, whole)
            with suppress(Invalid):
                space._check()
                return space
            raise
        return self


def written(range_: Range, value: float) -> str:
    """A number as it stands in a spec."""
    return str(round(value)) if range_.whole else f"{value:.{DIGITS}g}"


def spaces(texts: Sequence[str], *, tune: bool) -> list[Space]:
    """Specs with what is open in each.

    Args:
        texts: as they were written.
        tune: whether open settings will be searched; else choices stand for one policy each.

    Raises:
        Invalid: no such policy or setting, a range where nothing is searched, or a search of nothing.
    """
    found = [Space.parse(text) for text in (dict.fromkeys(texts) if tune else expand_all(texts))]
    if not tune:
        for space in found:
            for name, one in space.open.items():
                if isinstance(one, Range):
                    raise Invalid(f"{space.kind}: got a range for {name}; allowed with --tune", field=name)
    elif not any(space.open for space in found):
        raise Invalid(
            "tune: got no policy with an open setting; allowed a|b or low..high, as in linucb:alpha=0.01..1",
            field="tune",
        )
    return found


def _ends(kind: str, name: str, low: str, high: str) -> tuple[float, float]:
    ends = float(low), float(high)
    if not (math.isfinite(ends[0]) and math.isfinite(ends[1]) and ends[0] < ends[1]):
        raise Invalid(f"{kind}: got {name}={low}..{high}; allowed low..high with low below high", field=name)
    return ends


def _choices(kind: str, name: str, value: str) -> Choices:
    values = tuple(value.split("|"))
    if not all(values) or len(set(values)) < len(values):
        raise Invalid(f"{kind}: got {name}={value}; allowed a value beside each |, each once", field=name)
    return Choices(values)
