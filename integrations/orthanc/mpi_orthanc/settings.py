"""The section "MasterPatientIndex" of Orthanc's configuration, checked whole before anything begins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from .failures import BadSettings

SECTION = "MasterPatientIndex"
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_KEYS = frozenset(
    {
        "Url",
        "Token",
        "TokenVariable",
        "CertificateAuthority",
        "Archive",
        "Issuer",
        "Timeout",
        "WhenDown",
        "RetrySeconds",
        "CacheSeconds",
        "ReconcileAt",
        "WebhookSecret",
        "WebhookSecretVariable",
        "QueueFile",
        "Metadata",
    }
)


@dataclass(frozen=True, slots=True)
class Settings:
    """How the archive works with the index. Times are in seconds; `reconcile_at` is (hour, minute) local, or None.

    `refuse`: while the index is away C-STORE is answered 0xA700; else images are kept under their local id.
    `webhook_secret` "" means that identity changes are not listened to, only reconciled.
    """

    url: str
    token: str
    archive: str
    issuer: str
    refuse: bool
    queue_file: str
    timeout: float = 3.0
    retry_seconds: float = 15.0
    cache_seconds: float = 60.0
    reconcile_at: tuple[int, int] | None = (2, 30)
    webhook_secret: str = ""
    metadata: int = 4210
    certificate_authority: str = ""


def read_settings(configuration: Mapping[str, Any], environment: Mapping[str, str]) -> Settings:
    """The settings in Orthanc's whole configuration. Raises `BadSettings` with a sentence for the log."""
    section = configuration.get(SECTION)
    if not isinstance(section, Mapping):
        raise _bad("is missing: it says where the index is and who this archive is")
    for key in section:
        if key not in _KEYS:
            raise _bad(f'has "{key}", which means nothing here; it may have {", ".join(sorted(_KEYS))}')
    secret = _secret(section, environment, "WebhookSecret")
    if secret and len(secret) < 16:
        raise _bad('has a "WebhookSecret" of fewer than 16 characters; the index takes none so short')
    token = _secret(section, environment, "Token")
    if not token:
        raise _bad('needs "Token", or "TokenVariable" with the name of the environment variable that holds it')
    return Settings(
        url=_url(section),
        token=token,
        archive=_text(section, "Archive", "the id of this archive in the network file"),
        issuer=_text(section, "Issuer", "the namespace of [issuer] in the network file"),
        refuse=_when_down(section),
        queue_file=_queue_file(section, configuration),
        timeout=_seconds(section, "Timeout", 3.0, 0.1, 60.0),
        retry_seconds=_seconds(section, "RetrySeconds", 15.0, 0.1, 3600.0),
        cache_seconds=_seconds(section, "CacheSeconds", 60.0, 1.0, 3600.0),
        reconcile_at=_clock(section),
        webhook_secret=secret,
        metadata=_metadata(section),
        certificate_authority=_text(section, "CertificateAuthority", "a PEM file", ""),
    )


def _bad(what: str) -> BadSettings:
    return BadSettings(f'section "{SECTION}" of Orthanc\'s configuration {what}')


def _text(section: Mapping[str, Any], key: str, what: str, otherwise: str | None = None) -> str:
    value = section.get(key, otherwise)
    if not isinstance(value, str) or (not value.strip() and otherwise is None):
        raise _bad(f'needs "{key}": {what}, as text')
    return value.strip()


def _secret(section: Mapping[str, Any], environment: Mapping[str, str], key: str) -> str:
    """A secret, here or in the environment. A variable that is named and not set is an error, never no secret."""
    variable = _text(section, f"{key}Variable", "the name of an environment variable", "")
    if not variable:
        return _text(section, key, "a secret", "")
    if key in section:
        raise _bad(f'has both "{key}" and "{key}Variable"; leave one out')
    if not environment.get(variable):
        raise _bad(f'names the environment variable {variable} in "{key}Variable", and it is not set')
    return environment[variable]


def _url(section: Mapping[str, Any]) -> str:
    url = _text(section, "Url", "where the index serves HTTP, as in https://mpi.example.nhs.uk")
    try:
        parts = urlsplit(url)
        fit = parts.scheme in {"http", "https"} and parts.hostname and not parts.query and (parts.port or 1) > 0
    except ValueError:
        fit = False
    if not fit:
        raise _bad(f'has "Url": "{url}", which is no address; write it as in https://mpi.example.nhs.uk')
    return url.rstrip("/")


def _when_down(section: Mapping[str, Any]) -> bool:
    chosen = section.get("WhenDown")
    if chosen not in ("refuse", "store"):
        raise _bad(
            'needs "WhenDown": "refuse" (senders keep their images while the index is away) or "store" (images are '
            "kept under their local id and moved when the index is back)"
        )
    return bool(chosen == "refuse")


def _seconds(section: Mapping[str, Any], key: str, otherwise: float, least: float, most: float) -> float:
    return _number(section, key, otherwise, least, most, "of seconds ")


def _metadata(section: Mapping[str, Any]) -> int:
    # Orthanc leaves the numbers from 1024 on to its users.
    number = _number(section, "Metadata", 4210, 1024, 65535, "")
    if number != int(number):
        raise _bad('has a "Metadata" that is no whole number')
    return int(number)


def _number(section: Mapping[str, Any], key: str, otherwise: float, least: float, most: float, unit: str) -> float:
    value = section.get(key, otherwise)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        raise _bad(f'has a "{key}" that is not a number {unit}from {least:g} to {most:g}')
    return float(value)


def _clock(section: Mapping[str, Any]) -> tuple[int, int] | None:
    text = _text(section, "ReconcileAt", 'a time of day, as in "02:30"; "" for never', "02:30")
    match = _CLOCK.fullmatch(text)
    if text and match is None:
        raise _bad(f'has "ReconcileAt": "{text}"; write a time of day, as in "02:30", or "" for never')
    return (int(match[1]), int(match[2])) if match else None


def _queue_file(section: Mapping[str, Any], configuration: Mapping[str, Any]) -> str:
    folder = configuration.get("StorageDirectory", "OrthancStorage")
    return _text(section, "QueueFile", "where studies wait for the index", f"{folder}/mpi-queue.sqlite")
