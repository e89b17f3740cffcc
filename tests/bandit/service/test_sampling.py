# SPDX-License-Identifier: Apache-2.0
"""Lines that are written for the first of a kind, and then for many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from bandit.service.sampling import Sampled

logger = structlog.get_logger(__name__)


@pytest.fixture
def told() -> Iterator[list[Any]]:
    """The lines that were written."""
    with structlog.testing.capture_logs() as lines:
        yield lines


def test_the_first_is_told_at_once_and_the_others_in_one_line(told: list[Any]) -> None:
    """The line that stands for others has the fields of the newest and their number, but no traceback."""
    lines = Sampled()
    for number in range(5):
        lines.say(logger, "error", "broken", kind="a", number=number, exc_info=ValueError())
    assert [(line["number"], "exc_info" in line, line.get("left_out")) for line in told] == [(0, True, None)]
    lines.flush()
    assert told[1:] == [{"event": "broken", "log_level": "error", "number": 4, "left_out": 4}]


def test_a_kind_that_goes_on_gets_one_line_a_flush(told: list[Any]) -> None:
    """Quiet for one flush, it is news again."""
    lines = Sampled()
    for _ in range(3):
        for _ in range(10):
            lines.say(logger, "info", "refused", kind="a")
        lines.flush()
    assert [line.get("left_out") for line in told] == [None, 9, 10, 10]
    lines.flush()
    lines.flush()
    lines.say(logger, "info", "refused", kind="a")
    assert [line.get("left_out") for line in told[4:]] == [None]


@given(st.lists(st.sampled_from(["a", "b", "flush"]), max_size=60))
def test_nothing_is_lost(steps: list[str]) -> None:
    """Whatever comes in whatever order, the lines stand for as many as there were, by kind."""
    lines = Sampled()
    with structlog.testing.capture_logs() as told:
        for step in [*steps, "flush"]:
            if step == "flush":
                lines.flush()
            else:
                lines.say(logger, "info", "refused", kind=step, which=step)
    for kind in "ab":
        stands_for = sum(line.get("left_out", 1) for line in told if line["which"] == kind)
        assert stands_for == steps.count(kind)
