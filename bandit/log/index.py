# SPDX-License-Identifier: Apache-2.0
"""What a log remembers about events so that they can be found again, and an index of that in dicts."""

from __future__ import annotations

from bandit.core.events import Activated, AnyEvent, Changed, Decided, Expired, Rewarded
from bandit.errors import Conflict
from bandit.log.base import Found

Touching = Rewarded | Expired | Activated
Key = tuple[str, ...]


def touched(event: Touching) -> list[int]:
    """The slots whose newest say the event is: a reward's own, or those that now count for the first time."""
    if isinstance(event, Rewarded):
        return [event.slot]
    return [contribution.slot for contribution in event.contributions]


def identity(event: AnyEvent) -> Key | None:
    """What a log may hold once only: kind and ids; None for events that may recur."""
    match event:
        case Rewarded():
            return ("reward", event.decision, event.reward_id) if event.reward_id else None
        case Decided():
            return ("decision", event.decision)
        case Activated():
            return ("activation", event.decision)
        case Expired():
            return ("expiry", event.decision)
    return None


def conflict(key: Key) -> Conflict:
    """The error for a second event of the same identity."""
    return Conflict(f"{key[0]}: got {'/'.join(key[1:])!r}; allowed one that the log does not hold yet")


def about(event: AnyEvent) -> str | None:
    """The decision that the event is about, None for the changes that people make."""
    return None if isinstance(event, Changed) else event.decision


class Index:
    """Lookups over the events that were added to it, by id, in dicts."""

    def __init__(self) -> None:
        self._decided: dict[str, Decided] = {}
        self._activated: dict[str, Activated] = {}
        self._slots: dict[str, dict[int, Touching]] = {}
        self._rewards: dict[tuple[str, str], Rewarded] = {}
        self._waiting: dict[str, float] = {}
        self.identities: set[Key] = set()
        self.expired: set[str] = set()

    def check(self, events: list[AnyEvent]) -> None:
        """Raise Conflict if one of `events` repeats the identity of another or of one that is here."""
        fresh: set[Key] = set()
        for event in events:
            key = identity(event)
            if key is None:
                continue
            if key in fresh or key in self.identities:
                raise conflict(key)
            fresh.add(key)

    def add(self, event: AnyEvent) -> None:
        """Take note of an event."""
        key = identity(event)
        if key is not None:
            self.identities.add(key)
        if isinstance(event, Decided):
            self._decided[event.decision] = event
        elif isinstance(event, Changed):
            return
        else:
            self._join(event)
        if isinstance(event, Decided | Activated) and event.due is not None:
            self._waiting[event.decision] = event.due

    def _join(self, event: Touching) -> None:
        for slot in touched(event):
            self._slots.setdefault(event.decision, {})[slot] = event
        if isinstance(event, Activated):
            self._activated[event.decision] = event
        elif isinstance(event, Expired):
            self.expired.add(event.decision)
            self._waiting.pop(event.decision, None)
        elif event.reward_id:
            self._rewards[event.decision, event.reward_id] = event

    def over(self, found: Found | None, *, decision: str) -> Found | None:
        """Lay what is here over what was found elsewhere before."""
        decided = self._decided.get(decision) or (found and found.decided)
        if decided is None:
            return None
        activated = self._activated.get(decision) or (found.activated if found else None)
        return Found(decided, activated, {**(found.slots if found else {}), **self._slots.get(decision, {})})

    def find(self, decision: str) -> Found | None:
        """Look a decision up by id."""
        return self.over(None, decision=decision)

    def rewarded(self, decision: str, reward_id: str) -> Rewarded | None:
        """Look an accepted reward up by its id."""
        return self._rewards.get((decision, reward_id))

    def waiting(self, now: float) -> list[tuple[float, str]]:
        """When the wait was over and of which decision, where that was before `now`, oldest first."""
        return sorted((due, decision) for decision, due in self._waiting.items() if due < now)

    def due(self, now: float, *, limit: int) -> list[Found]:
        """Decisions whose wait was over before `now` and that no `Expired` has closed yet, oldest first."""
        found = (self.find(decision) for _, decision in self.waiting(now)[:limit])
        return [one for one in found if one is not None]
