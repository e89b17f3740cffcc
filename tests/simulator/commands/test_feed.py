# SPDX-License-Identifier: Apache-2.0
"""`slotwise feed` plays recorded logs through a real server, the Open Bandit sample among them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

import httpx
import pytest

RunSlotwise = Callable[..., "subprocess.CompletedProcess[str]"]
StartSlotwise = Callable[..., "subprocess.Popen[str]"]

IMPRESSIONS = 10_000
ARMS = 80


@dataclass(frozen=True)
class Served:
    """A started server."""

    url: str
    data: Path
    process: subprocess.Popen[str]

    def stop(self) -> int:
        """Stop it as an operator would; returns its exit status."""
        self.process.terminate()
        return self.process.wait(timeout=60)


@pytest.fixture
def served(start_slotwise: StartSlotwise, tmp_path: Path) -> Served:
    """`slotwise serve` on an empty data directory."""
    data = tmp_path / "data"
    process = start_slotwise("serve", "--open", "--port", 0, "--data-dir", data, "--log-level", "error")
    assert process.stdout is not None
    return Served(process.stdout.readline().split()[-1], data, process)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Four hundred impressions of three arms; everyone clicks `good`, nobody the others."""
    chance = Random(11)
    rows = [(chance.choice(["good", "bad", "ugly"]), chance.choice("ab")) for _ in range(400)]
    file = tmp_path / "own.csv"
    lines = [f"{arm},{int(arm == 'good')},{letter},u-{n % 7}" for n, (arm, letter) in enumerate(rows)]
    file.write_text("\n".join(["item_id,click,user_feature_0,user_id", *lines]) + "\n")
    return file


def test_open_bandit_log_goes_through_a_real_server(served: Served, run_slotwise: RunSlotwise) -> None:
    """All 10,000 impressions are ranked, what matches is rewarded, and the log is sound afterwards."""
    got = run_slotwise("datasets", "get", "open-bandit-random-all")
    assert got.returncode == 0, got.stderr
    done = run_slotwise("feed", got.stdout.strip(), "--url", served.url, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    fed = json.loads(done.stdout)
    assert fed["impressions"] == IMPRESSIONS
    assert fed["logged_click_rate"] == pytest.approx(38 / IMPRESSIONS)
    # The logger chose uniformly, so each rank matches with 1/80: 125 on average, these are five deviations.
    assert 70 <= fed["matches"] <= 180
    assert fed["requests"] == IMPRESSIONS + 2 * fed["matches"]
    assert fed["click_rate"] == fed["clicks"] / fed["matches"]
    assert fed["requests_per_s"] == pytest.approx(fed["requests"] / fed["seconds"])
    assert served.stop() == 0
    verified = run_slotwise("verify", "--data-dir", served.data, "--json")
    assert verified.returncode == 0, verified.stderr
    counts = json.loads(verified.stdout)
    assert (counts["decisions"], counts["rewards"]) == (IMPRESSIONS, fed["matches"])


def test_only_matches_are_learned(served: Served, run_slotwise: RunSlotwise, log: Path) -> None:
    """A rank that nobody saw teaches nothing; the matches alone teach which arm is good."""
    fed = json.loads(run_slotwise("feed", log, "--url", served.url, "--json").stdout)
    report = httpx.get(f"{served.url}/v1/placements/recorded/report").json()
    arms = {each["arm"]: each for each in report["arms"]}
    assert sum(report["decisions"].values()) == 400
    assert sum(each["shown"] for each in arms.values()) == fed["matches"]
    assert sum(each["rewards"] for each in arms.values()) == fed["matches"]
    assert max(arms, key=lambda name: arms[name]["shown"]) == "good"
    assert arms["good"]["reward"]["mean"] == 1.0
    assert fed["click_rate"] > 2 * fed["logged_click_rate"]


def test_placement_that_is_there_is_used(served: Served, run_slotwise: RunSlotwise, log: Path) -> None:
    """A placement with the log's arms is fed as it is; one without them is refused, and nothing is ranked."""
    url = f"{served.url}/v1/placements/mine"
    arms: dict[str, object] = {"good": {}, "bad": {}, "ugly": {}, "never": {}}
    httpx.put(url, json={"policy": {"kind": "uniform"}, "arms": arms}).raise_for_status()
    command = ("feed", log, "--url", served.url, "--placement", "mine", "--limit", 50)
    assert run_slotwise(*command).stdout.splitlines()[1] == "impressions\t50"
    assert httpx.get(url).json()["policy"] == {"kind": "uniform"}
    httpx.put(url, json={"policy": {"kind": "uniform"}, "arms": {"good": {}}}).raise_for_status()
    refused = run_slotwise(*command)
    assert refused.returncode == 2
    assert "placement: got 'mine' without the arm" in refused.stderr
    assert sum(httpx.get(f"{url}/report").json()["decisions"].values()) == 50


def test_impression_that_the_server_refuses_is_one_line(
    served: Served, run_slotwise: RunSlotwise, log: Path
) -> None:
    """What the server says of an impression that it does not take is passed on, with exit status 1."""
    log.write_text(f"item_id,click,user_id\na,0,u\nb,1,{'u' * 300}\n")
    done = run_slotwise("feed", log, "--url", served.url)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("slotwise: /v1/rank: got status 400: user: ")
    assert done.stderr.count("\n") == 1


def test_server_that_is_not_there_is_one_line(run_slotwise: RunSlotwise, log: Path) -> None:
    """Without a server there is one line and exit status 1."""
    done = run_slotwise("feed", log, "--url", "http://127.0.0.1:1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("slotwise: url: got http://127.0.0.1:1")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (("--placement", "a b"), "placement: got name 'a b'"),
        (("--limit", "0"), "--limit"),
        (("--format", "xml"), "--format"),
        (("--url", "ftp://here"), "url: got 'ftp://here'"),
    ],
)
def test_wrong_usage_is_refused(
    run_slotwise: RunSlotwise, log: Path, wrong: tuple[str, str], problem: str
) -> None:
    """A value that is not allowed is named on one line, with exit status 2."""
    done = run_slotwise("feed", log, *wrong)
    assert (done.returncode, done.stdout) == (2, "")
    assert problem in done.stderr
