"""Systems whose signed links open a person's timeline: `[[launcher]]` tables of the token file.

[[launcher]]
id = "bolton-epr"
secret = "at least 32 random characters, shared with the system"
organisation = "RMC"
frame_ancestors = ["https://epr.bolton.example"]     # only when it shows the page in a frame
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from mpi.domain.launch import Launcher
from mpi.domain.network import Network
from mpi.errors import SettingsError
from mpi.settings import Settings
from mpi.tokens import read_document

_KEYS = {"id", "secret", "organisation", "frame_ancestors"}
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,39}")
_ORIGIN = re.compile(r"https://[A-Za-z0-9.-]+(:\d{1,5})?")  # a page in a frame needs TLS for its cookie
_SHORTEST = 32  # characters of a secret


def load_launchers(settings: Settings, network: Network) -> Mapping[str, Launcher]:
    """By id, those of the token file; none without one. Raises `SettingsError`, never with a secret."""
    if settings.tokens is None:
        return {}
    return read_launchers(settings.tokens, network)


def read_launchers(file: Path, network: Network) -> Mapping[str, Launcher]:
    """The launchers of a token file, checked against the network."""
    tables = read_document(file).get("launcher", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise SettingsError(f"tokens: {file}: write each launcher as a [[launcher]] table")
    found: dict[str, Launcher] = {}
    for number, table in enumerate(tables, 1):
        one = _launcher(table, f"tokens: {file}, launcher {number}", network)
        if one.id in found:
            raise SettingsError(f"tokens: {file}: launcher '{one.id}' is there twice; remove or rename one")
        found[one.id] = one
    return found


def _launcher(table: Mapping[str, object], entry: str, network: Network) -> Launcher:
    if unknown := sorted(set(table) - _KEYS):
        raise SettingsError(f"{entry}: unknown key '{unknown[0]}'; known are {', '.join(sorted(_KEYS))}")
    words = {key: str(table.get(key, "")) for key in ("id", "secret", "organisation")}
    if not _ID.fullmatch(words["id"]):
        raise SettingsError(f"{entry}: 'id' must be letters, digits and hyphens")
    if len(words["secret"]) < _SHORTEST:
        raise SettingsError(f"{entry}: 'secret' must be at least {_SHORTEST} random characters")
    if words["organisation"] not in network.organisation_by_code:
        raise SettingsError(f"{entry}: organisation '{words['organisation']}' is not in the network")
    return Launcher(words["id"], words["organisation"], words["secret"], _ancestors(table, entry))


def _ancestors(table: Mapping[str, object], entry: str) -> tuple[str, ...]:
    written = table.get("frame_ancestors", [])
    if not isinstance(written, list) or not all(isinstance(one, str) and _ORIGIN.fullmatch(one) for one in written):
        raise SettingsError(f"{entry}: 'frame_ancestors' must be a list of origins, as in https://epr.trust.example")
    return tuple(written)
