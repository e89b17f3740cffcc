# SPDX-License-Identifier: Apache-2.0
"""Marks of identities, and the set that remembers them."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from simulator.logs.marks import Marks, mark

TEXTS = st.lists(st.text(alphabet="ab0/é", max_size=5), min_size=1, max_size=40)


@given(texts=TEXTS, wider=st.integers(0, 9))
def test_marks_are_those_of_the_texts(texts: list[str], wider: int) -> None:
    """Equal texts have equal marks however wide their column is, different ones different marks."""
    marks = mark(np.array(texts, dtype=f"<U{5 + wider}"))
    narrow = {text: int(one) for text, one in zip(texts, mark(np.array(texts, dtype="<U5")), strict=True)}
    assert marks.tolist() == [narrow[text] for text in texts]
    assert len(set(narrow.values())) == len(narrow)
    assert narrow.get("", 0) == 0


def test_marks_are_the_same_everywhere() -> None:
    """A mark does not depend on the process, as Python's own hashes of texts do."""
    assert mark(np.array(["d-1/0", ""])).tolist() == [7_669_998_810_903_399_246, 0]


@given(batches=st.lists(TEXTS, max_size=6))
def test_what_came_before_is_found(batches: list[list[str]]) -> None:
    """A mark is found from its second time on, wherever the first one was; empty texts never are."""
    marks, seen = Marks(), set[str]()
    for batch in batches:
        wanted = []
        for text in batch:
            wanted.append(bool(text) and text in seen)
            seen.add(text)
        assert marks.add(mark(np.array(batch))).tolist() == wanted


@given(first=TEXTS, second=TEXTS)
def test_sets_of_two_processes(first: list[str], second: list[str]) -> None:
    """What two sets share is what is in both; merged they hold all."""
    one, other = Marks(), Marks()
    one.add(mark(np.array(first)))
    other.add(mark(np.array(second)))
    both = sorted(set(first) & set(second) - {""})
    assert sorted(one.shared(other).tolist()) == sorted(mark(np.array(both, dtype="<U5")).tolist())
    one.merge(other)
    everything = mark(np.array([text for text in first + second if text] or ["x"], dtype="<U5"))
    assert bool(one.holds(everything).all()) == any(first + second)


def test_runs_stay_few() -> None:
    """A hundred thousand marks in small batches lie in a handful of sorted runs."""
    marks = Marks()
    for first in range(0, 100_000, 500):
        marks.add(mark(np.array([f"d{i}" for i in range(first, first + 500)])))
    assert sum(run.shape[0] for run in marks.runs) == 100_000
    assert len(marks.runs) < 10
