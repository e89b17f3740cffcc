# SPDX-License-Identifier: Apache-2.0
"""Building policies from catalogue mappings."""

from __future__ import annotations

import pytest

from policies import InvalidSetting, build


@pytest.mark.parametrize(
    ("spec", "field", "message"),
    [
        ({"kind": "linucb", "alpha": -1}, "alpha", "alpha: got -1; allowed 0 or more"),
        ({"kind": "linucb", "alpha": True}, "alpha", "alpha: got True; allowed 0 or more"),
        ({"kind": "linucb", "alpha": float("nan")}, "alpha", "alpha: got nan; allowed 0 or more"),
        ({"kind": "linucb", "alpha": "1"}, "alpha", "alpha: got '1'; allowed 0 or more"),
        ({"kind": "thompson", "l2": 0}, "l2", "l2: got 0; allowed more than 0"),
        ({"kind": "linucb", "half_life_days": 0}, "half_life_days", "more than 0"),
        ({"kind": "uniform", "x": 1}, "x", "allowed settings none"),
        ({"kind": "nonsense"}, "kind", "kind: got 'nonsense'; allowed .*linucb"),
        ({}, "kind", "kind: got None"),
        ({"kind": ["linucb"]}, "kind", "kind: got"),
    ],
)
def test_bad_settings_name_field_value_and_range(spec: dict[str, object], field: str, message: str) -> None:
    """A refusal says which setting, what it was and what is allowed."""
    with pytest.raises(InvalidSetting, match=message) as refused:
        build(spec, dimension=3)
    assert refused.value.field == field


@pytest.mark.parametrize("dimension", [0, -1, 2.0, True])
def test_dimension_is_a_positive_whole_number(dimension: int) -> None:
    """A policy over no features, or over half of one, is refused."""
    with pytest.raises(ValueError, match="dimension: got"):
        build({"kind": "linucb"}, dimension=dimension)


def test_whole_numbers_are_good_for_real_settings() -> None:
    """YAML writes 1 where 1.0 is meant."""
    policy = build({"kind": "linucb", "alpha": 1, "half_life_days": None}, dimension=3)
    assert policy.settings.alpha == 1.0  # type: ignore[attr-defined]
