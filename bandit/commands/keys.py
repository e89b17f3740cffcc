# SPDX-License-Identifier: Apache-2.0
"""`slotwise keys`: make, list and revoke keys."""

from __future__ import annotations

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from datetime import UTC, datetime
from typing import get_args

import msgspec

from bandit.commands import arguments
from bandit.commands.command import Command
from bandit.commands.target import add_target, target
from bandit.commands.terminal import print_json, print_table
from bandit.core.catalogue import Role, check_name


def _configure(parser: ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True, metavar="{create,list,revoke}")
    create = actions.add_parser("create", help="make a key and print it once", allow_abbrev=False)
    create.add_argument("--role", required=True, choices=get_args(Role), help="what it may do")
    create.add_argument("--name", default="", help="for people: whose it is, or what it is for")
    create.add_argument(
        "--placement",
        action="append",
        default=[],
        metavar="P",
        help="limit it to a placement; may be given several times (default: all)",
    )
    listed = actions.add_parser("list", help="show the keys that are not revoked", allow_abbrev=False)
    revoke = actions.add_parser("revoke", help="refuse a key from now on", allow_abbrev=False)
    revoke.add_argument("id", metavar="ID", help="as `keys list` shows it")
    for action in (create, listed, revoke):
        add_target(action)
        arguments.add_json(action)


def _run(given: Namespace) -> int:
    return asyncio.run({"create": _create, "list": _list, "revoke": _revoke}[given.action](given))


async def _create(given: Namespace) -> int:
    for name in given.placement:
        check_name("placements", name)
    # There is no placement yet in a directory that would have to be made.
    async with target(given, create=not given.placement) as administration:
        made, secret = await administration.create_key(
            given.role, name=given.name, placements=given.placement
        )
    if given.json:
        print_json({**msgspec.to_builtins(made), "key": secret})
        return 0
    # Only the key goes to stdout, so that KEY=$(slotwise keys create ...) works.
    print(f"key {made.id}, role {made.role}; it is shown only this once:", file=sys.stderr)
    print(secret)
    return 0


async def _list(given: Namespace) -> int:
    async with target(given, create=False) as administration:
        keys = await administration.keys()
    if given.json:
        print_json(msgspec.to_builtins(keys))
        return 0
    rows = [
        (
            key.id,
            key.role,
            key.name,
            ", ".join(key.placements) or "all",
            datetime.fromtimestamp(key.created_at, UTC).isoformat(sep=" ", timespec="seconds"),
        )
        for key in keys
    ]
    print_table(("id", "role", "name", "placements", "created"), rows)
    return 0


async def _revoke(given: Namespace) -> int:
    async with target(given, create=False) as administration:
        await administration.revoke_key(given.id)
    if given.json:
        print_json({"revoked": given.id})
    else:
        print(f"revoked {given.id}")
    return 0


command = Command(
    name="keys",
    help="Make, list and revoke the keys that requests are sent with.",
    example="slotwise keys create --role publishable --name web-shop --placement home-hero\n"
    "slotwise keys list --url http://127.0.0.1:8080 --json\n"
    "slotwise keys revoke 4f1c09be7a52",
    configure=_configure,
    run=_run,
)
