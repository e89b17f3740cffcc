# SPDX-License-Identifier: Apache-2.0
"""One process's service: its parts, how it starts, what runs in the background, how it stops."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import structlog

from adapters import Adapter
from adapters.refreshing import keep_fresh
from adapters.sources import Sources
from bandit.core.catalogue import Arm
from bandit.core.decide import Ask
from bandit.core.decoding import shorten
from bandit.core.state import Key
from bandit.errors import Invalid, Unauthorized, Unavailable
from bandit.service import identity
from bandit.service.background import Background
from bandit.service.changes import Changes
from bandit.service.context import Context, sources_of
from bandit.service.erasing import Erasing, Forgotten
from bandit.service.explaining import ContextReport, context_report
from bandit.service.live import Live, OpenStore
from bandit.service.quality import PlacementQuality, kept_fields, placement_quality
from bandit.service.ranking import Ranked, Ranker
from bandit.service.reporting import Reporting
from bandit.service.rewarding import Rewarding
from bandit.service.sampling import Sampled
from bandit.service.signals import Signals
from bandit.service.stages import Stages
from bandit.settings import Settings

_EXPIRE_EVERY_S = 1.0
_LINES_EVERY_S = 1.0
_PROBE_EVERY_S = 2.0
_REFRESH_EVERY_S = 1.0
_LONGEST_ID = 256

logger = structlog.get_logger(__name__)


class Service:
    """Decides, learns, reports.

    Args:
        settings: of the process.
        open_store: opens the log.
        names: makes ids and pseudonyms.
        clock: Unix seconds; the only clock of the service.
        sources: of context; unset, they are made with those of the settings.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        open_store: OpenStore,
        names: identity.Identity,
        clock: Callable[[], float] = time.time,
        sources: Sources | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock
        self.live = Live(open_store, snapshot_every=settings.snapshot_every)
        self._names = names
        self.lines = Sampled()
        self._context = Context(sources or sources_of(settings.context), lines=self.lines)
        self.stages = Stages(self.live.state, self._context)
        self.changes = Changes(self.live, self.stages, clock)
        self.signals = Signals(self.live, self._context.sources, clock)
        self.rewarding = Rewarding(self.live)
        self._erasing = Erasing(self.live, clock)
        self.reporting = Reporting(self.live)
        self._ranker = Ranker(self.live, self.stages, most_waiting=settings.most_waiting, lines=self.lines)
        self._background = Background()

    async def start(self) -> None:
        """Finish what was begun, and start what runs in the background."""
        await self._erasing.resume()
        self._background.repeat(self.live.probe, name="log", every_s=_PROBE_EVERY_S)
        self._background.repeat(self._flush_lines, name="lines", every_s=_LINES_EVERY_S)
        self._background.repeat(self._expire_waits, name="waits", every_s=_EXPIRE_EVERY_S)
        self._background.repeat(self._keep_context_fresh, name="context", every_s=_REFRESH_EVERY_S)

    async def close(self) -> None:
        """Finish what is under way, save a snapshot, close the log."""
        await self._background.stop()
        self.lines.flush()
        await self.live.close()

    async def rank(
        self,
        placement: str,
        context: Mapping[str, object],
        *,
        user: str = "",
        slots: int | None = None,
        exclude: frozenset[str] = frozenset(),
        arms: Mapping[str, Arm] | None = None,
        decision_id: str | None = None,
        deferred: bool = False,
        gpc: bool = False,
    ) -> Ranked:
        """Fill the slots of a placement for a visitor.

        Args:
            slots: how many to fill, 1 or more; the placement's number where it is unset, and at most that.
            gpc: whether the visitor's browser itself sent Global Privacy Control.

        Raises:
            NotFound, Invalid: no such placement; a request that does not fit it.
            Unavailable: overloaded.
        """
        if decision_id is not None and not 1 <= len(decision_id) <= _LONGEST_ID:
            raise Invalid(
                f"decision_id: got {shorten(decision_id)}; allowed 1 to {_LONGEST_ID} characters",
                field="decision_id",
            )

        if slots is not None and slots < 1:
            raise Invalid(f"slots: got {slots}; allowed 1 or more", field="slots")

        def ask() -> Ask:
            now = self.clock()
            wanted = self.stages.get(placement, at=now).placement
            situation = self._context.known(wanted, context, at=now, gpc=gpc)
            return Ask(
                decision=decision_id or self._names.decision_id(now),
                at=now,
                known=situation.known,
                user=self._names.pseudonym(user),
                # A front end may not have heard yet that the placement has fewer slots now.
                slots=min(slots or wanted.slots, wanted.slots),
                exclude=exclude,
                deferred=deferred,
                sources=situation.sources,
            )

        return await self._ranker.rank(placement, ask, arms=arms, own_id=decision_id is not None)

    def explain(
        self, placement: str, request: Mapping[str, object], *, at: float | None = None, gpc: bool = False
    ) -> ContextReport:
        """What would be known about a request made `at` (now, if unset), and its vector; decides nothing.

        Raises:
            NotFound, Invalid: no such placement; a context that is not acceptable.
        """
        moment = self.clock() if at is None else at
        stage = self.stages.get(placement, at=moment)
        return context_report(self._context, stage, request, at=moment, gpc=gpc)

    async def refresh_context(self) -> None:
        """Bring the context sources up to date once, for commands that answer a single question."""
        for adapter in self._context.sources.adapters:
            try:
                await adapter.refresh()
            except Exception as error:  # noqa: BLE001 - what it does not know is missing, and says so
                _not_refreshed(adapter, error)

    def quality(self, placement: str) -> PlacementQuality:
        """How good the context of a placement was lately; reads the log, so not in the event loop."""
        stage = self.stages.get(placement)
        kept = kept_fields(self._context.fields(stage.placement), stage.placement.features.fields)
        log = self.live.log
        return placement_quality(
            placement,
            kept,
            lambda after, limit: log.read(after, limit=limit),
            head=log.head,
            now=self.clock(),
        )

    async def forget(self, user: str, *, by: str) -> Forgotten:
        """Take away what a user's decisions have taught and counted; `by` is the id of the key that asked."""
        return await self._erasing.forget(self._names.pseudonym(user), by=by)

    def authenticate(self, key: str) -> Key:
        """The key that was sent.

        Raises:
            Unauthorized: there is no such key, or it was revoked.
        """
        key_id, secret = identity.split_key(key)
        known = self.live.state.keys.get(key_id)
        if known is None or not identity.matches(secret, known.digest):
            raise Unauthorized(
                "key: got one that is not valid; allowed a key made by 'slotwise keys create'",
                code="key_invalid",
            )
        return known

    async def _keep_context_fresh(self) -> None:
        """Refresh the context sources, those of new placements included, for as long as the service runs."""
        await keep_fresh(
            lambda: self._context.sources.adapters,
            every_s=_REFRESH_EVERY_S,
            on_error=_not_refreshed,
            on_problem=_problem_changed,
        )

    async def _flush_lines(self) -> None:
        """Tell of what was left out of the program's log."""
        self.lines.flush()

    async def _expire_waits(self) -> None:
        """Close waits that are over, those of placements that wait no more or are gone included."""
        try:
            await self.rewarding.expire(at=self.clock())
        except Unavailable as error:
            logger.warning("waits_not_closed", reason=str(error))


def _problem_changed(adapter: Adapter) -> None:
    if adapter.problem:
        logger.warning("context_source", adapter=adapter.name, problem=adapter.problem)
    else:
        logger.info("context_source_mended", adapter=adapter.name)


def _not_refreshed(adapter: Adapter, error: Exception) -> None:
    logger.warning("context_not_refreshed", adapter=adapter.name, reason=repr(error))
