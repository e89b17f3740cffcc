# SPDX-License-Identifier: Apache-2.0
"""Tuning of weight cuts against obp 0.5.7 on the same rows, and its refusals."""

from __future__ import annotations

from typing import Any

import pytest

from bandit.errors import Invalid
from simulator.tuning import Tuned

LIMITS = [100.0, 10.0, 5.0, 2.0, 1.0]
REFERENCE = [
    ("clipped_ips", "slope", 2.0, 0.3933256564445861),
    ("clipped_ips", "estimated_error", 100.0, 0.5758350350399299),
    ("switch_dr", "slope", 1.0, 0.5068986269798159),
    ("switch_dr", "estimated_error", 100.0, 0.6168768950129158),
    ("dros", "slope", 1.0, 0.5112769209399403),
    ("dros", "estimated_error", 100.0, 0.582277504034242),
    ("clipped_dr", "slope", 1.0, 0.5314490689502276),
    ("clipped_dr", "estimated_error", 100.0, 0.6168768950129158),
]


@pytest.mark.parametrize(("kind", "rule", "limit", "value"), REFERENCE)
def test_reference(sample: Any, kind: str, rule: str, limit: float, value: float) -> None:
    """Both rules choose what the reference chooses, and the value is its value."""
    tuned = Tuned.of(kind, rule=rule, settings=LIMITS)
    tuned.add(sample.logged, sample.target)
    chosen: Any = tuned.chosen()
    estimate = tuned.estimate()
    assert estimate is not None
    assert chosen.limit == limit
    assert estimate.value == pytest.approx(value, abs=1e-9)


@pytest.mark.parametrize("kind", ["sub_gaussian_ips", "sub_gaussian_dr"])
@pytest.mark.parametrize("rule", ["slope", "estimated_error"])
def test_splits_do_not_change_the_choice(sample: Any, cut: Any, kind: str, rule: str) -> None:
    """Partitions merged choose what one pass chooses."""
    whole, *parts = (Tuned.of(kind, rule=rule) for _ in range(4))
    whole.add(sample.logged, sample.target)
    for tuned, part in zip(parts, cut(sample, 3), strict=True):
        tuned.add(part.logged, part.target)
    parts[0].merge(parts[1])
    parts[0].merge(parts[2])
    one, other = whole.estimate(), parts[0].estimate()
    assert one is not None
    assert other is not None
    assert other.value == pytest.approx(one.value, abs=1e-12)


def test_no_rows_no_choice() -> None:
    """Without rows nothing is chosen."""
    assert Tuned.of("dros").estimate() is None


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"kind": "ips"}, "tune: got 'ips'; allowed"),
        ({"kind": "dros", "rule": "luck"}, "rule: got 'luck'; allowed"),
        ({"kind": "dros", "settings": []}, "settings: got none; allowed"),
        ({"kind": "dros", "settings": [-1.0]}, "limit: got -1.0; allowed more than 0"),
        ({"kind": "sub_gaussian_ips", "settings": [2.0]}, "bend: got 2.0; allowed 0 to 1"),
    ],
)
def test_refusals(arguments: dict[str, Any], message: str) -> None:
    """Bad settings are refused with what is allowed."""
    with pytest.raises(Invalid, match=message):
        Tuned.of(arguments.pop("kind"), **arguments)
