# SPDX-License-Identifier: Apache-2.0
"""Personal data planted wherever a caller can put it: nothing that the service keeps or tells holds any."""

from __future__ import annotations

import json
import re
import struct
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from mmdb_writer import MMDBWriter
from netaddr import IPSet

from bandit.cli import main

MAIL, NAME, PHONE = "jane.doe@example.org", "Jane Q. Public-Doe", "+49 1512 3456789"
IPV4, IPV6, MAPPED = "203.0.113.77", "2001:db8:85a3::8a2e:370:7334", "::ffff:203.0.113.78"
LATITUDE, LONGITUDE = 48.858370123, 2.294481456
STREET = "12 Privet Drive, Little Whinging"
USER, OTHER = "customer-4711-jane", "customer-4712-june"  # the first of them asks to be forgotten
REFUSED = 10  # requests of `blunder`
PATIENCE_S, LOOK_EVERY_S = 30.0, 0.05
AGREED = "gold-member-0815"  # planted, too, where a placement has declared the field

PLANTED: Mapping[str, bytes] = {
    "mail": MAIL.encode(),
    "part of a mail": b"jane.doe",
    "name": NAME.encode(),
    "phone": PHONE.encode(),
    "phone as a number": b"15123456789",
    "street": STREET.encode(),
    "user": USER.encode(),
    "other user": OTHER.encode(),
    "network of the IPv4 address": b"203.0.113",
    "network of the IPv6 address": b"2001:db8:85a3",
    "latitude": b"48.8583",
    "longitude": b"2.29448",
    "latitude as a double": struct.pack("<d", LATITUDE),
    "latitude as a double, other end first": struct.pack(">d", LATITUDE),
    "longitude as a double": struct.pack("<d", LONGITUDE),
    "longitude as a double, other end first": struct.pack(">d", LONGITUDE),
}
VISITOR: Mapping[str, Any] = {
    "device": {"user_agent": f"Mozilla/5.0 ({MAIL}; {PHONE}) {NAME}", "client_hints": {"Sec-CH-UA": MAIL}},
    "location": {
        "ip": IPV4, "city": STREET, "region": MAIL, "country": NAME, "time_zone": MAIL,
        "latitude": LATITUDE, "longitude": LONGITUDE, "postal": STREET,
    },
    "time_zone": MAIL,
    "consent": {"note": NAME, "location": True, "personalization": True},
    "profile": {"mail": MAIL, "name": NAME, "phone": PHONE, "street": STREET, "tier": AGREED},
    "geo": {"latitude": LATITUDE, "longitude": LONGITUDE, "addresses": [IPV4, IPV6]},
    "phone": 15123456789,
    "tags": [MAIL, NAME],
    MAIL: 1,
    "note": f"{NAME} <{MAIL}>",
    "location.ip": IPV6,
    "place": {"city": STREET},
    "weather": {"condition": NAME},
}  # fmt: skip
CATALOGUE = """
placements:
  hashed:
    slots: 2
    context: [device, daytime, location, weather, holidays, trends]
    arms: &arms
      a: {}
      b: {cap: {per_user: 50}}
      c: {eligible: {field: profile.mail, op: exists, value: true}}
      d: {eligible: {field: profile.name, op: ==, value: nobody}}
      e: {eligible: {any: [{field: phone, op: "<", value: 1}, {field: note, op: in, value: [nobody]}]}}
  bare:
    context: []
    arms: *arms
  declared:
    context: [device]
    features: {fields: {device.form_factor: , profile.tier: {levels: [gold, silver]}}}
    arms: *arms
  waiting:
    policy: {kind: thompson}
    reward: {wait_s: 2592000}
    arms: *arms
"""


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A city database that knows the planted addresses."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="GeoIP2-City")
    record = {
        "country": {"iso_code": "FR"},
        "city": {"names": {"en": "Paris"}},
        "location": {"latitude": 48.86, "longitude": 2.29, "time_zone": "Europe/Paris"},
    }
    for network in ("203.0.113.0/24", "2001:db8:85a3::/48"):
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(tmp_path / "city.mmdb"))
    return tmp_path / "city.mmdb"


class Told:
    """Asks a server, and remembers every answer but those to ranks and rewards that were in order."""

    def __init__(self, url: str) -> None:
        self._client = httpx.Client(base_url=url, trust_env=False)
        self.answers: dict[str, bytes] = {}

    def __call__(self, method: str, path: str, **request: Any) -> httpx.Response:
        """Ask."""
        reply = self._client.request(method, path, **request)
        self.answers[f"{len(self.answers)}: {method} {path} {reply.status_code}"] = reply.content
        return reply

    def close(self) -> None:
        """Let go of the server."""
        self._client.close()


def visit(told: Told, placement: str, location: Mapping[str, Any], *, user: str = USER) -> str:
    """A rank and its reward for a visitor of whom far too much is told; returns the decision's id."""
    context = {**VISITOR, "location": {**VISITOR["location"], **location}}
    page = told("POST", "/v1/rank", json={"placement": placement, "user": user, "context": context})
    assert page.status_code == 200, page.text
    decision: str = page.json()["decision_id"]
    reward = told("POST", "/v1/reward", json={"decision_id": decision, "event": "click", "slot": 0})
    assert reward.status_code == 200, reward.text
    return decision


def blunder(told: Told) -> None:
    """Requests that are refused, each with personal data somewhere in it."""
    rank = {"placement": "hashed", "user": USER, "context": dict(VISITOR)}
    for wrong in (
        {"slots": 99},
        {"user": {"mail": MAIL}},
        {"user": MAIL * 20},
        {"context": {"profile": [{"mail": MAIL}]}},
        {"context": [MAIL, PHONE]},
        {"context": {"note": MAIL * 20}},
    ):
        assert told("POST", "/v1/rank", json={**rank, **wrong}).status_code == 400
    cut = json.dumps(rank)[:-10].encode()
    assert told("POST", "/v1/rank", content=cut).status_code == 400
    assert told("POST", "/v1/rank", json=rank, headers={"X-Note": MAIL, "Expect": MAIL}).status_code == 417
    assert told("GET", f"/v1/nothing/{MAIL}", headers={"X-Forwarded-For": IPV4}).status_code == 404
    assert told("DELETE", f"/v1/users/{USER * 20}").status_code == 400


def kept(data_dir: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of a data directory: database, write-ahead log and what belongs to them."""
    for path in sorted(data_dir.iterdir()):
        yield path.name, path.read_bytes()


def exported(data_dir: Path, folder: Path) -> Iterator[tuple[str, bytes]]:
    """The log as `slotwise export` writes it."""
    for form in ("jsonl", "dsjson"):
        options = ["--data-dir", str(data_dir), "--format", form, "-o", str(folder / form)]
        assert main(["export", *options]) == 0
        yield form, (folder / form).read_bytes()


def found(where: Iterable[tuple[str, bytes]], planted: Mapping[str, bytes]) -> list[str]:
    """Which planted things stand where, in whatever letters."""
    return [
        f"{what} in {name}"
        for name, content in where
        for what, needle in planted.items()
        if needle in content or needle.lower() in content.lower()
    ]


def refusals(log: str) -> int:
    """Of how many refused requests a program log tells, in whole lines."""
    lines = map(json.loads, log[: log.rfind("\n") + 1].splitlines())
    return sum(line.get("left_out", 1) for line in lines if line["event"] == "refused")


def test_what_was_planted_is_found_nowhere(
    start_server: Callable[..., Any], tmp_path: Path, database: Path
) -> None:
    """Neither in files nor exports, snapshots, program log, audit, traces or refusals, also after a crash."""
    (tmp_path / "catalogue.yaml").write_text(CATALOGUE)
    options = ("--catalog", str(tmp_path / "catalogue.yaml"), "--log-level", "debug")
    settings = {"SLOTWISE_LOCATION_DATABASE": str(database), "SLOTWISE_SNAPSHOT_EVERY": "10"}
    answers: dict[str, bytes] = {}
    for end in ("kill", "stop"):
        server = start_server(*options, **settings)
        told = Told(server.url)
        decisions = [
            visit(told, placement, location)
            for placement in ("hashed", "bare", "declared", "waiting")
            for location in ({}, {"ip": IPV6}, {"ip": MAPPED, "latitude": None, "longitude": None})
        ]
        visit(told, "declared", {}, user=OTHER)
        blunder(told)
        traces = [told("GET", f"/v1/decisions/{decision}").json() for decision in decisions]
        for path in ("/v1/audit", "/v1/placements", "/metrics"):
            told("GET", path)
        for view in ("report", "quality"):
            assert told("GET", f"/v1/placements/hashed/{view}").status_code == 200
        # A preview shows the caller's own fields to whoever sent them, and nothing raw of what adapters read.
        preview = told("POST", "/v1/placements/hashed/context", json={"context": dict(VISITOR)}).json()
        told.answers.popitem()
        adapters = [field for field in preview["fields"] if field["source"] != "caller"]
        assert preview["refused"].keys() >= {"location.country", "location.city", "time_zone"}
        told_of_it = [adapters, preview["refused"], preview["problems"], preview["sources"]]
        assert found([("preview", json.dumps(told_of_it).encode())], PLANTED) == []
        if end == "stop":
            assert told("DELETE", f"/v1/users/{USER}").json()["decisions"] == 2 * len(decisions)
        assert found(kept(server.data_dir), PLANTED) == []
        if end == "kill":  # a line that stands for many comes within a second; a stop does not wait for it
            deadline = time.monotonic() + PATIENCE_S
            while refusals(server.stderr) < REFUSED and time.monotonic() < deadline:
                time.sleep(LOOK_EVERY_S)
        getattr(server, end)()
        told.close()
        answers |= {f"{end} {name}": content for name, content in told.answers.items()}

    kept_files, exports = list(kept(server.data_dir)), list(exported(server.data_dir, tmp_path))
    log = server.stderr
    for where in (answers.items(), kept_files, exports, [("program log", log.encode())]):
        assert found(where, PLANTED) == []
    assert refusals(log) >= 2 * REFUSED
    assert not re.search(r"\b\d{1,3}(\.\d{1,3}){3}\b", log.replace("127.0.0.1", ""))

    # The same search finds what may be kept, and what was known of the visitor is as coarse as it should be.
    agreed = {"agreed": AGREED.encode()}
    assert "agreed in slotwise.db" in found(kept_files, agreed)
    assert found(exports, agreed) == ["agreed in jsonl", "agreed in dsjson"]
    assert {trace["context"].get("profile.tier") for trace in traces} == {None, AGREED}
    assert {trace["context"].get("location.country") for trace in traces} == {None, "FR"}
