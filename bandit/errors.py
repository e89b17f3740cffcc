# SPDX-License-Identifier: Apache-2.0
"""Everything that slotwise refuses or cannot do, as one tree.

    SlotwiseError
    ├── Invalid        bad input                       (HTTP 400, exit status 2 on the command line)
    ├── NotFound       no such thing                   (404)
    ├── Conflict       clashes with what is there      (409)
    ├── Forbidden      the key's role may not          (403)
    ├── Unauthorized   no key, or not a valid one      (401)
    ├── Unavailable    cannot do it now, try again     (503)
    └── Damaged        stored data fails its check     (exit status 1, naming the position)

A message says what, the value, and what is allowed. `bandit.web.error_shape` alone maps it to HTTP.
"""

from __future__ import annotations


class SlotwiseError(Exception):
    """Root of the tree.

    Args:
        message: one line: what, the value, what is allowed.
        code: stable machine-readable word, e.g. `arm_not_found`.
        field: path of the offending input, e.g. `slots` or `arms.winter-coats.boost`; None if there is none.
    """

    code = "error"

    def __init__(self, message: str, *, code: str | None = None, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.field = field


class Invalid(SlotwiseError, ValueError):
    """Also a ValueError, so that decoders say where in the input a value object refused to be made."""

    code = "invalid"


class NotFound(SlotwiseError):
    code = "not_found"


class Conflict(SlotwiseError):
    code = "conflict"


class Forbidden(SlotwiseError):
    code = "forbidden"


class Unauthorized(SlotwiseError):
    code = "unauthorized"


class Unavailable(SlotwiseError):
    """Args: retry_after_s: seconds after which trying again makes sense."""

    code = "unavailable"

    def __init__(self, message: str, *, code: str | None = None, retry_after_s: int = 1) -> None:
        super().__init__(message, code=code)
        self.retry_after_s = retry_after_s


class Damaged(SlotwiseError):
    """Args: position: the first log position that fails its check, None if it is not a record."""

    code = "damaged"

    def __init__(self, message: str, *, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position
