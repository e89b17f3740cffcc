# SPDX-License-Identifier: Apache-2.0
"""Parts that need libraries which are not installed with the base."""

from __future__ import annotations

import sys

import pytest

from bandit.errors import Invalid
from simulator.extras import optional


def test_a_missing_library_is_named_with_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pyarrow the answer is one line that says what to install."""
    monkeypatch.delitem(sys.modules, "simulator.logs.parquet", raising=False)
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(Invalid, match=r"format parquet: got no pyarrow; pip install 'slotwise\[analysis\]'"):
        optional("simulator.logs.parquet", what="format parquet")


def test_a_part_that_is_there_is_loaded() -> None:
    """An installed part is returned as a module."""
    assert optional("simulator.reward_model", what="reward model").__name__ == "simulator.reward_model"
