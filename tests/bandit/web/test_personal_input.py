# SPDX-License-Identifier: Apache-2.0
"""A refusal says what is wrong with a visitor's data, and repeats none of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

MAIL, PHONE = "jane.doe@example.org", 4915123456789


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"user": PHONE}, "user"),
        ({"user": [MAIL]}, "user"),
        ({"user": MAIL * 20}, "user"),
        ({"context": MAIL}, "context"),
        ({"context": [MAIL]}, "context"),
        ({"context": {"profile": {"mails": [{"work": MAIL}]}}}, "context.profile.mails"),
        ({"context": {"profile": {"phones": [[PHONE]]}}}, "context.profile.phones"),
        ({"context": {"profile": {"mail": MAIL * 20}}}, "context.profile.mail"),
        ({"context": {"a": {"b": {"c": {"d": {"mail": MAIL}}}}}}, "context.a.b.c.d"),
    ],
)
async def test_values_are_not_repeated(wrong: dict[str, Any], field: str, open_site: Any) -> None:
    """The field is named, and what is allowed; the value is not."""
    site = await open_site()
    reply = await site.refused("POST", "/v1/rank", {"placement": "home", **wrong}, role="server")
    assert (reply.status, reply.error["field"]) == (400, field)
    told = json.dumps(reply.data)
    assert MAIL not in told
    assert str(PHONE) not in told


async def test_other_faults_do_not_tell_of_the_visitor(open_site: Any) -> None:
    """Where something else is wrong, nothing of the visitor is told either."""
    site = await open_site()
    body = {"placement": "home", "user": MAIL, "context": {"mail": MAIL}, "slots": "two"}
    reply = await site.refused("POST", "/v1/rank", body, role="server")
    assert reply.error["message"] == "slots: got 'two'; allowed a whole number or null"
    assert MAIL not in json.dumps(reply.data)


async def test_a_name_that_is_too_long_to_forget(open_site: Any) -> None:
    """Also the name of a user who is to be forgotten."""
    site = await open_site()
    reply = await site.refused("DELETE", f"/v1/users/{MAIL * 20}", role="admin")
    assert reply.error["message"] == "user: got 400 characters; allowed at most 256"
