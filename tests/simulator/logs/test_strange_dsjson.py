# SPDX-License-Identifier: Apache-2.0
"""Decision JSON that no writer should write: read or refused line by line, never a traceback."""

from __future__ import annotations

import codecs
import gzip
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bandit.errors import Invalid
from simulator.logs.bandit_json import read_bandit_json
from simulator.logs.decision_json import decisions
from simulator.logs.rows import BrokenLine
from simulator.logs.slate_json import read_slate_json

GOOD: dict[str, Any] = {
    "_label_cost": -1.0,
    "_label_probability": 0.8,
    "_label_Action": 1,
    "EventId": "e",
    "Timestamp": "2026-01-01T00:00:00.0000000Z",
    "pdrop": 0.0,
    "a": [1, 2],
    "p": [0.8, 0.2],
    "c": {"User": {"age": 30}, "_multi": [{"i": {"id": "x"}}, {"i": {"id": "y"}}]},
}
PAGE: dict[str, Any] = {
    "c": {"_multi": [{}, {}], "_slots": [{}]},
    "_outcomes": [{"_label_cost": 0.0, "_a": [0, 1], "_p": [0.5, 0.5]}],
}
leaves = st.none() | st.booleans() | st.integers(-3, 2**40) | st.floats(allow_nan=False) | st.text(max_size=4)
values = st.recursive(
    leaves, lambda own: st.lists(own, max_size=3) | st.dictionaries(st.text(max_size=4), own), max_leaves=6
)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """A good line of which a few fields hold anything, or anything at all."""
    line = dict(draw(st.sampled_from([GOOD, PAGE])))
    for name in draw(st.lists(st.sampled_from([*GOOD, *PAGE, "_skipLearn"]), max_size=3)):
        line[name] = draw(values)
    if "_outcomes" in line and isinstance(line["_outcomes"], list) and draw(st.booleans()):
        outcome = dict(PAGE["_outcomes"][0])
        outcome[draw(st.sampled_from([*outcome, "_label_probability"]))] = draw(values)
        line["_outcomes"] = [outcome]
    return draw(st.just(orjson.dumps(line)) | values.map(orjson.dumps) | st.binary(max_size=20))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=st.lists(lines(), max_size=4))
def test_no_line_ends_the_run(tmp_path: Path, drawn: list[bytes]) -> None:
    """Whatever stands in other lines, a good one is read; what cannot be read is told in one line each."""
    path = tmp_path / "log.dsjson"
    path.write_bytes(b"\n".join([orjson.dumps(GOOD), orjson.dumps(PAGE), *drawn]))
    log = read_bandit_json(path)
    (rows, *_) = log.batches()
    assert rows.reward[0] == 1.0
    assert all(one.number > 2 and one.why and "\n" not in one.why for one in log.broken)
    with suppress(Invalid):  # ccb and slates in one file
        assert read_slate_json(path).shown


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (b"", "utf-8"),
    ],
)
def test_byte_order_marks_cost_no_line(tmp_path: Path, mark: bytes, encoding: str, packed: bool) -> None:
    """A file with a byte order mark gives as many decisions as one without, packed or not."""
    text = "".join(orjson.dumps(GOOD).decode() + end for end in ("\r\n", "\n"))
    data = mark + text.encode(encoding)
    path = tmp_path / ("log.dsjson.gz" if packed else "log.dsjson")
    path.write_bytes(gzip.compress(data) if packed else data)
    broken: list[BrokenLine] = []
    assert (len(list(decisions(path, broken))), broken) == (2, [])


def test_deep_nesting_is_read(tmp_path: Path) -> None:
    """Features nested deeper than calls may go are features all the same."""
    deep = b'{"c":{"s":' + b'{"a":' * 900 + b"[" * 90 + b"1" + b"]" * 90 + b"}" * 900
    path = tmp_path / "log.dsjson"
    path.write_bytes(deep + b'},"a":[1],"p":[1.0],"_label_cost":0,"_label_probability":1}')
    (name,) = read_bandit_json(path).features
    assert name == "s" + ".a" * 900 + "=1"


def test_arms_that_count_far_need_no_room(tmp_path: Path) -> None:
    """The number of an arm says nothing about how many there are."""
    path = tmp_path / "log.dsjson"
    path.write_bytes(orjson.dumps(GOOD | {"a": [2**40, 1], "_label_Action": 2**40, "c": {}}))
    assert read_bandit_json(path).arms == ("1", str(2**40))


def test_offsets_of_times_count(tmp_path: Path) -> None:
    """A time with seven digits and an offset is that moment."""
    path = tmp_path / "log.dsjson"
    path.write_bytes(orjson.dumps(GOOD | {"Timestamp": "1970-01-01T02:00:00.5000000+01:00"}))
    (decision,) = decisions(path, [])
    assert decision.at == 3600.5
