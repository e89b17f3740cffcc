# SPDX-License-Identifier: Apache-2.0
"""Cap counters: a sliding window per arm and user."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bandit.core.caps import CapCounter, Caps
from bandit.core.catalogue import Cap

HOURLY = Cap(per_user=2, window="1h")
DAILY = Cap(per_user=2, window="1d")


def configured(**caps: Cap) -> Caps:
    """Counters of the placement "home"."""
    made = Caps()
    made.configure("home", caps, now=0.0)
    return made


@given(st.lists(st.tuples(st.sampled_from("uvw"), st.integers(0, 10_000)), max_size=80))
def test_the_window_slides(showings: list[tuple[str, int]]) -> None:
    """A showing counts until exactly one window later, whatever was swept in between."""
    counter = CapCounter(3600)
    now = 0.0
    for user, at in showings:
        now = max(now, at)
        counter.add(user, at=float(at), now=now)
    for user in "uvw":
        assert counter.count(user, at=now) == sum(
            1 for who, at in showings if who == user and now - 3600 < at
        )


def test_sweeping_keeps_what_is_recent() -> None:
    """Memory follows the users of the window, not all that ever came."""
    counter = CapCounter(100)
    for second in range(10_000):
        counter.add(f"u{second}", at=float(second), now=float(second))
    assert [counter.count(f"u{n}", at=9_999.0) for n in (9_899, 9_900, 9_999)] == [0, 1, 1]
    assert len(counter._shown) < 300


def test_only_capped_arms_are_counted() -> None:
    """An arm without a cap, or of another placement, has no counter."""
    caps = configured(a=HOURLY)
    for arm in ("a", "b"):
        caps.add("home", arm, "u", at=1.0, now=1.0)
    caps.add("other", "a", "u", at=1.0, now=1.0)
    assert caps.counts("home", "u", at=2.0) == {"a": 1}
    assert (caps.any("home"), caps.any("other")) == (True, False)


def test_a_wider_window_does_not_remember_more() -> None:
    """What the old window had forgotten does not come back with a wider one."""
    caps = configured(a=HOURLY)
    for at in (0.0, 3000.0):
        caps.add("home", "a", "u", at=at, now=at)
    caps.configure("home", {"a": DAILY}, now=3700.0)
    assert caps.counts("home", "u", at=3700.0) == {"a": 1}


def test_a_cap_that_goes_takes_its_counts_along() -> None:
    """A cap that is taken away and given back begins at nothing; its neighbour's goes on."""
    caps = configured(a=HOURLY, b=HOURLY)
    for arm in ("a", "b"):
        caps.add("home", arm, "u", at=1.0, now=1.0)
    caps.configure("home", {"b": HOURLY}, now=2.0)
    caps.configure("home", {"a": HOURLY, "b": HOURLY}, now=2.0)
    assert caps.counts("home", "u", at=2.0) == {"a": 0, "b": 1}
    caps.configure("home", {}, now=2.0)
    assert not caps.any("home")


def test_what_was_dumped_goes_on() -> None:
    """Counters that were loaded dump the same and count the same."""
    caps = configured(a=HOURLY, b=DAILY)
    for at, user in ((5.0, "v"), (1.0, "u"), (9.0, "u")):
        caps.add("home", "a", user, at=at, now=9.0)
    again = Caps()
    again.load(caps.dump(10.0))
    assert (
        again.dump(10.0)
        == caps.dump(10.0)
        == [
            ("home", "a", 3600, {"u": [1.0, 9.0], "v": [5.0]}),
            ("home", "b", 86_400, {}),
        ]
    )
    assert again.counts("home", "u", at=3602.0) == {"a": 1, "b": 0}
