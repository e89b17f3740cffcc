# SPDX-License-Identifier: Apache-2.0
"""`slotwise keys` on a data directory."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from bandit.core.catalogue import Role


def listed(slotwise: Any, data_dir: Path) -> list[dict[str, Any]]:
    """The keys as --json shows them."""
    keys: list[dict[str, Any]] = json.loads(slotwise("keys", "list", "--data-dir", data_dir, "--json").out)
    return keys


@pytest.mark.parametrize("role", get_args(Role))
def test_a_key_of_every_role_can_be_made(slotwise: Any, data_dir: Path, role: str) -> None:
    """The new key stands alone on the standard output, and the list has it."""
    status, out, err = slotwise("keys", "create", "--role", role, "--name", "shop", "--data-dir", data_dir)
    assert (status, out.count("\n"), err.count("\n")) == (0, 1, 1)
    (key,) = listed(slotwise, data_dir)
    assert (key["role"], key["name"]) == (role, "shop")
    assert out.split("_")[1] == key["id"]


def test_no_secret_is_kept(slotwise: Any, data_dir: Path) -> None:
    """The data directory does not hold what would let somebody in."""
    secret = slotwise("keys", "create", "--role", "admin", "--data-dir", data_dir).out.strip()
    held = b"".join(path.read_bytes() for path in data_dir.iterdir())
    assert secret.split("_", 2)[2].encode() not in held


def test_a_key_can_be_limited(slotwise: Any, data_dir: Path) -> None:
    """--placement may be given several times."""
    options = ["--placement", "hero", "--placement", "side"]
    made = slotwise("keys", "create", "--role", "viewer", *options, "--data-dir", data_dir, "--json")
    assert json.loads(made.out)["placements"] == ["hero", "side"]
    assert "\thero, side\t" in slotwise("keys", "list", "--data-dir", data_dir).out


def test_a_revoked_key_is_not_listed(slotwise: Any, data_dir: Path) -> None:
    """Revoking takes the key by its id."""
    made = json.loads(slotwise("keys", "create", "--role", "server", "--data-dir", data_dir, "--json").out)
    assert slotwise("keys", "revoke", made["id"], "--data-dir", data_dir).out == f"revoked {made['id']}\n"
    assert listed(slotwise, data_dir) == []


def test_revoking_nothing(slotwise: Any, data_dir: Path) -> None:
    """An unknown id fails."""
    status, _, err = slotwise("keys", "revoke", "nix", "--data-dir", data_dir)
    assert (status, err) == (1, "slotwise: key: got 'nix'; there is no such key\n")


def test_the_last_admin_key_stays(slotwise: Any, data_dir: Path) -> None:
    """The command fails in one line until there is another admin key that is not limited to placements."""

    def made(*more: str) -> str:
        options = ("--role", "admin", *more, "--data-dir", data_dir, "--json")
        return str(json.loads(slotwise("keys", "create", *options).out)["id"])

    first, limited = made(), made("--placement", "hero")
    status, out, err = slotwise("keys", "revoke", first, "--data-dir", data_dir)
    assert (status, out, err.count("\n")) == (1, "", 1)
    assert f"key: got {first}, the last admin key" in err
    second = made()
    assert slotwise("keys", "revoke", first, "--data-dir", data_dir).status == 0
    assert {key["id"] for key in listed(slotwise, data_dir)} == {limited, second}


def test_a_name_cannot_write_to_the_terminal(slotwise: Any, data_dir: Path) -> None:
    """Control characters in a key's name are escaped where it is shown."""
    slotwise("keys", "create", "--role", "viewer", "--name", "a\x1b[2Jb\n", "--data-dir", data_dir)
    out = slotwise("keys", "list", "--data-dir", data_dir).out
    assert "a\\x1b[2Jb\\n" in out
    assert out.count("\n") == 2


@pytest.mark.parametrize("action", [["list"], ["revoke", "x"]])
def test_a_mistyped_directory_is_not_made(slotwise: Any, tmp_path: Path, action: list[str]) -> None:
    """Looking into a directory without a log fails and leaves nothing behind."""
    status, _, err = slotwise("keys", *action, "--data-dir", tmp_path / "typo")
    assert status == 1
    assert f"data directory: got {tmp_path / 'typo'}, which holds no log" in err
    assert not (tmp_path / "typo").exists()


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["create"], "the following arguments are required: --role"),
        (["create", "--role", "root"], "argument --role: got 'root'; allowed publishable, server"),
        (["create", "--role", "admin", "--name", "x" * 129], "name: got 129 characters; allowed at most 128"),
        (["create", "--role", "viewer", "--placement", "a b"], "placements: got name 'a b'"),
        (["forget"], "argument {create,list,revoke}: got 'forget'; allowed"),
        ([], "the following arguments are required: {create,list,revoke}"),
        (["list", "--url", "http://x", "--data-dir", "y"], "not allowed with argument --url"),
        (["list", "--url", "ftp://x"], "url: got 'ftp://x'; allowed e.g. http://127.0.0.1:8080"),
        (["list", "--url", "http://x", "--key", "ä"], "key: got one with other characters than a key has"),
    ],
)
def test_wrong_usage(slotwise: Any, tmp_path: Path, words: list[str], problem: str) -> None:
    """Every mistake is one line, status 2."""
    where = ["--data-dir", tmp_path / "d"] if "create" in words else []
    status, out, err = slotwise("keys", *words, *where)
    assert (status, out) == (2, "")
    assert problem in err
    assert err.count("\n") == 1
