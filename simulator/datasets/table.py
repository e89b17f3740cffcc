# SPDX-License-Identifier: Apache-2.0
"""The table of data sets. Adding one is adding it here, and a row in docs/bring-your-own-log.md."""

from __future__ import annotations

from simulator.datasets.dataset import Archive, Dataset, Member

OBP = Archive(
    project="obp",
    version="0.5.7",
    kind="sdist",
    folder="obp-0.5.7/obp/dataset/obd",
    sha256="3060d67fedfcfadf1e7a6f2608987f74412b5eb74d2c567edeb147595c68f2a0",
)
SCIKIT_LEARN = Archive(
    project="scikit-learn",
    version="1.9.1",
    kind="wheel",
    folder="sklearn/datasets/data",
    module="sklearn",
)

# By logger and campaign: size and SHA-256 of the log, then of what is known about its items.
_OPEN_BANDIT = {
    ("random", "all"): (
        (5_039_451, "7168295b6e0a9eabcf3392320a5dd434e542b68e705d5cd9491499af589812f1"),
        (10_041, "eba04cc23d5f130a93ff174c5392986882b94c3839433cb8143870eaa6221358"),
    ),
    ("random", "men"): (
        (3_336_811, "ede6d08c6877f99cd3770f7d09e26c738e6aa6de4445ccccfb1356ba5d06b1eb"),
        (4_287, "6d855c2b7e917d0448d71bbe62c023147495882c0fdc8c41e86fef86abf9fe09"),
    ),
    ("random", "women"): (
        (3_817_771, "e65f3bd3beb17664fa69cc129bf7bf852a775f8ffa630506e505fc905315bb34"),
        (5_792, "b1ca4905f97703d196004f2ad4552c1e90c2afad8b50688d333b0d2dc0b33147"),
    ),
    ("bts", "all"): (
        (5_084_456, "0ad874e4dbf6902f0845dd478ad8dde5ef6903583d3ffaace78411bdad064106"),
        (10_041, "5d4359ba1cfa3ae88f0f1bae66bd633859fe6323817183632ee57b83539d9153"),
    ),
    ("bts", "men"): (
        (3_240_432, "db6d1f7ed2d591ba521533e45286d4c1fba7fe57a8ad2e80342210335f43c527"),
        (4_287, "3b411ed6b0471316321a6b93f4f756bb25888eac6218cd71d0b603d41d85732d"),
    ),
    ("bts", "women"): (
        (3_722_697, "e5d1b49a39b608585a2f3014a3f54970430cd37a495c1b73fceb85cdf428a5b8"),
        (5_792, "a56295bad066a558eb783055afd9279f5f4e209a4776eafc22151c53f0ac89d4"),
    ),
}
_LOGGERS = {"random": "uniformly random", "bts": "Bernoulli Thompson sampling"}

# By name: file, rows, size, SHA-256, and what it is.
_SUPERVISED = {
    "digits": (
        "digits.csv.gz",
        1_797,
        57_523,
        "09f66e6debdee2cd2b5ae59e0d6abbb73fc2b0e0185d2e1957e9ebb51e23aa22",
        "hand-written digits, 64 features, 10 classes",
    ),
    "iris": (
        "iris.csv",
        150,
        2_734,
        "f13ffa8fdd56fd8e6c8d16d4081a3fbd3114bcd0aae4256c43205169cd9d1449",
        "iris flowers, 4 features, 3 classes",
    ),
    "wine": (
        "wine_data.csv",
        178,
        11_157,
        "10e8a802908b34f86e5da8ce962f3c806694bc98450a18f61851af59f324bede",
        "wines, 13 features, 3 classes",
    ),
    "breast-cancer": (
        "breast_cancer.csv",
        569,
        119_913,
        "fed3eb72d0575ef6192293f5093c6e801b1476b577d0386bf4455504522172ed",
        "breast tumours, 30 features, 2 classes",
    ),
}


def _open_bandit(logger: str, campaign: str) -> Dataset:
    (size, digest), (items_size, items_digest) = _OPEN_BANDIT[logger, campaign]
    folder = f"{logger}/{campaign}"
    return Dataset(
        name=f"open-bandit-{logger}-{campaign}",
        about=f"Open Bandit sample, campaign '{campaign}', logged by {_LOGGERS[logger]} choice",
        rows=10_000,
        licence="CC BY 4.0",
        archive=OBP,
        members=(
            Member(path=f"{folder}/{campaign}.csv", size=size, sha256=digest),
            Member(path=f"{folder}/item_context.csv", size=items_size, sha256=items_digest),
        ),
    )


def _supervised(name: str) -> Dataset:
    file, rows, size, digest, about = _SUPERVISED[name]
    return Dataset(
        name=name,
        about=about,
        rows=rows,
        licence="CC BY 4.0",
        archive=SCIKIT_LEARN,
        members=(Member(path=file, size=size, sha256=digest),),
    )


DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        *(_open_bandit(logger, campaign) for logger, campaign in _OPEN_BANDIT),
        *(_supervised(name) for name in _SUPERVISED),
    )
}
