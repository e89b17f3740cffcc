# SPDX-License-Identifier: Apache-2.0
"""Whether a data directory holds the secret that its log was written with.

With another one every user is a stranger: caps begin anew, and whoever asks to be forgotten is not found.
"""

from __future__ import annotations

from pathlib import Path

import structlog

from bandit.errors import Conflict, Damaged, SlotwiseError, Unavailable
from bandit.service import Service
from bandit.service.identity import Identity
from bandit.service.live import data_files

COMMAND_LINE = "command line"
"""Who made a change that came without a key."""

_REMEDY = (
    "allowed the one that the log was written with: copy the file secret from where the log comes from,"
    " or, if it is lost, start once with slotwise serve --new-secret, which makes strangers of all users"
)

logger = structlog.get_logger(__name__)


def secret_of(data_dir: Path, *, head: int, new: bool) -> Identity:
    """The secret in a data directory; made when it is missing and the log is empty, or when `new` says so.

    Raises:
        Conflict: the log has records, and there is no secret.
        Damaged: the file is no secret.
    """
    path = data_files(data_dir)[1]
    if head and not new and not path.exists():
        raise _missing(data_dir)
    return Identity.open(path)


async def acquaint(service: Service, names: Identity, *, data_dir: Path, new: bool) -> None:
    """Hold the secret against the log; one that knows of none yet, or is to take another (`new`), notes it.

    Raises:
        Conflict: the log was written with another secret.
    """
    known = service.live.state.secret
    if known == names.fingerprint:
        return
    if known and not new:
        raise _foreign(data_dir)
    try:
        await service.changes.adopt_secret(names.fingerprint, by=COMMAND_LINE)
    except Unavailable as error:
        if new:
            raise
        # A full disk must not keep a server from starting; the next start notes it.
        logger.warning("secret_not_noted", reason=str(error))


def judged(data_dir: Path, *, known: str, head: int) -> SlotwiseError | None:
    """What is wrong with the secret beside a log of `head` records that knows of the fingerprint `known`."""
    path = data_files(data_dir)[1]
    if not path.exists():
        return _missing(data_dir) if head else None
    try:
        names = Identity.open(path)
    except Damaged as error:
        return error
    return _foreign(data_dir) if known and known != names.fingerprint else None


def _missing(data_dir: Path) -> Conflict:
    return Conflict(f"secret: got none beside the log in {data_dir}; {_REMEDY}", code="secret_missing")


def _foreign(data_dir: Path) -> Conflict:
    return Conflict(f"secret: got another one beside the log in {data_dir}; {_REMEDY}", code="secret_differs")
