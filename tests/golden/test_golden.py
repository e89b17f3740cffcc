# SPDX-License-Identifier: Apache-2.0
"""Logs of released versions are read for ever: each adds up to the state that its version noted."""

from __future__ import annotations

import configparser
import hashlib
import json
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from bandit.core.codec import decode, encode
from bandit.core.events import AnyEvent
from bandit.core.fold import Fold
from bandit.core.snapshot import dump, load
from bandit.core.state import State

FOLDER = Path(__file__).parent
LOGS = sorted(FOLDER.glob("*.msgpack"))


def events(log: Path) -> list[AnyEvent]:
    """The events of a golden log."""
    payloads = msgspec.msgpack.decode(log.read_bytes(), type=list[bytes])
    return [decode(payload, position=position) for position, payload in enumerate(payloads, start=1)]


def noted(log: Path) -> dict[str, Any]:
    """What the version that wrote the log found."""
    found: dict[str, Any] = json.loads(log.with_suffix(".json").read_text("utf-8"))
    return found


def test_this_version_has_its_log() -> None:
    """The version in setup.cfg has a golden log (tests/golden/make_golden.py writes it)."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(FOLDER.parents[1] / "setup.cfg", "utf-8")
    assert parser["metadata"]["version"] in [log.stem for log in LOGS]


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.stem)
def test_a_golden_log_adds_up_to_the_noted_state(log: Path) -> None:
    """Every event of an older version is understood as it was then."""
    fold = Fold(State())
    fold.apply(enumerate(events(log), start=1))
    assert fold.state.position == noted(log)["records"]
    assert hashlib.sha256(dump(fold.state)).hexdigest() == noted(log)["state_sha256"]
    assert dump(load(dump(fold.state))) == dump(fold.state)


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.stem)
def test_a_golden_log_holds_all_that_can_happen(log: Path) -> None:
    """No kind of event is missing, so none can change unnoticed."""
    assert {type(event) for event in events(log)} == set(get_args(AnyEvent))


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.stem)
def test_events_are_written_as_they_were_read(log: Path) -> None:
    """Within a schema, an older event that is copied stays equal."""
    for event in events(log):
        assert decode(encode(event)) == event
