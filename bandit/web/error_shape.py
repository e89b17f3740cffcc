# SPDX-License-Identifier: Apache-2.0
"""The only map of errors to HTTP: status, headers, and the one shape of the body."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bandit.errors import (
    Conflict,
    Damaged,
    Forbidden,
    Invalid,
    NotFound,
    SlotwiseError,
    Unauthorized,
    Unavailable,
)
from bandit.web.headers import NOTHING
from bandit.web.shapes import ErrorReply, Problem

STATUS: Mapping[type[SlotwiseError], int] = MappingProxyType(
    {
        Invalid: 400,
        Unauthorized: 401,
        Forbidden: 403,
        NotFound: 404,
        Conflict: 409,
        Unavailable: 503,
        Damaged: 500,
    }
)

# Names in a request may be as long as its body; an answer repeats no more of them than this.
_LONGEST_MESSAGE = 600
_LONGEST_FIELD = 200


class Refused(SlotwiseError):
    """A refusal that only HTTP knows.

    Args:
        status: of the answer; headers: those it must carry.
    """

    def __init__(self, message: str, *, status: int, code: str, headers: Mapping[str, str] = NOTHING) -> None:
        super().__init__(message, code=code)
        self.status = status
        self.headers = headers


def status_of(error: SlotwiseError) -> int:
    """The status of an error."""
    if isinstance(error, Refused):
        return error.status
    return next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500)


def headers_of(error: SlotwiseError) -> Mapping[str, str]:
    """The headers that an answer with this error carries besides the usual ones."""
    if isinstance(error, Refused):
        return error.headers
    if isinstance(error, Unavailable):
        return {"Retry-After": str(error.retry_after_s)}
    if isinstance(error, Unauthorized):
        return {"WWW-Authenticate": "Bearer"}
    return NOTHING


def problem(error: SlotwiseError) -> Problem:
    """An error as answers show it."""
    field = None if error.field is None else _cut(error.field, _LONGEST_FIELD)
    return Problem(error.code, _cut(error.message, _LONGEST_MESSAGE), field)


def shape(error: SlotwiseError) -> ErrorReply:
    """The body of the answer."""
    return ErrorReply(problem(error))


def unexpected() -> SlotwiseError:
    """What a caller learns of a fault of ours."""
    return SlotwiseError("server: got into a fault of its own; its log has the details", code="internal")


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[:longest]}..."
