"""A bad configuration is told in a sentence, and is never half accepted."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from mpi_orthanc.failures import BadSettings
from mpi_orthanc.settings import SECTION, read_settings

GOOD: dict[str, Any] = {
    "Url": "https://mpi.example/",
    "Token": "t",
    "Archive": "gm-vna",
    "Issuer": "GMMPI",
    "WhenDown": "store",
}


def read(change: dict[str, Any], environment: dict[str, str] | None = None) -> Any:
    section = {key: value for key, value in (GOOD | change).items() if value is not None}
    return read_settings({SECTION: section, "StorageDirectory": "/images"}, environment or {})


def test_what_is_left_out_has_a_default() -> None:
    found = read({})
    assert (found.url, found.refuse, found.queue_file) == ("https://mpi.example", False, "/images/mpi-queue.sqlite")
    assert (found.timeout, found.reconcile_at, found.webhook_secret) == (3.0, (2, 30), "")


def test_secrets_may_come_from_the_environment() -> None:
    change = {"Token": None, "TokenVariable": "A", "WebhookSecretVariable": "B", "ReconcileAt": ""}
    found = read(change, {"A": "from-there", "B": "sixteen-characters"})
    assert (found.token, found.webhook_secret, found.reconcile_at) == ("from-there", "sixteen-characters", None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Url": None}, '"Url"'),
        ({"Url": "mpi.example"}, "no address"),
        ({"Url": "http://mpi:port"}, "no address"),
        ({"Token": None}, '"TokenVariable"'),
        ({"TokenVariable": "A"}, "both"),
        ({"Token": None, "TokenVariable": "A"}, "is not set"),
        ({"Archive": ""}, '"Archive"'),
        ({"Issuer": 5}, '"Issuer"'),
        ({"WhenDown": None}, '"refuse"'),
        ({"WhenDown": "discard"}, '"refuse"'),
        ({"Timeout": 0}, "from 0.1 to 60"),
        ({"Timeout": True}, "number of seconds"),
        ({"ReconcileAt": "25:00"}, "time of day"),
        ({"WebhookSecret": "short"}, "16 characters"),
        ({"Metadata": 4}, "1024"),
        ({"Metadata": 4210.5}, "whole number"),
        ({"Timout": 3}, '"Timout", which means nothing here'),
    ],
)
def test_what_is_wrong_is_told(change: dict[str, Any], words: str) -> None:
    with pytest.raises(BadSettings) as bad:
        read(change)
    assert words in str(bad.value)
    assert SECTION in str(bad.value)


def test_without_a_section_nothing_begins() -> None:
    with pytest.raises(BadSettings, match="is missing"):
        read_settings({}, {})


def test_the_example_is_a_good_one() -> None:
    """Orthanc's configuration may hold comments."""

    text = (Path(__file__).parents[3] / "integrations" / "orthanc" / "orthanc.json").read_text()
    example = json.loads(re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE))
    assert read_settings(example, {"MPI_TOKEN": "t", "MPI_WEBHOOK_SECRET": "s" * 16}).archive == "gm-vna"
