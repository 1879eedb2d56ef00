"""The OpenID provider that people sign in at, and who has which role here: the file that `MPI_PROVIDER` names.

[provider]
issuer = "https://identity.example.nhs.uk/realms/staff"
client_id = "imaging-index"
client_key = "/etc/mpi/client.pem"       # or: client_secret = "..."
address = "https://index.example.nhs.uk" # where browsers reach this service

[[grant]]
code = "R5080"                           # a role or group of the provider's
role = "reviewer"
organisation = "RMC"                     # left out: the organisation that the provider says the role is held at
"""

from __future__ import annotations

import re
import ssl
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from mpi.domain.access import Role
from mpi.domain.network import Network
from mpi.domain.provider import Grant, Provider
from mpi.errors import SettingsError
from mpi.settings import Settings, is_loopback

_SIGNED_BY_A_KEY = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
"""What may sign: never `none`, nor anything that who verifies could sign with as well (RFC 8725 3.1)."""

_SCHEMA: Mapping[str, type] = {
    **dict.fromkeys(("name", "issuer", "client_id", "client_secret", "client_key", "client_key_id"), str),
    **dict.fromkeys(("client_algorithm", "address", "roles_claim", "ca"), str),
    **dict.fromkeys(("algorithms", "scopes", "acr", "strong_acr"), list),
    "strong_seconds": int,
    "sign_out": bool,
}
_KINDS = {str: "a text in quotes", list: "a list of texts", int: "a whole number", bool: "true or false"}
_PEOPLE = tuple(role for role in Role if role not in {Role.FEED, Role.ARCHIVE})
_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,60}")


def load_provider(settings: Settings, network: Network) -> Provider | None:
    """The provider of the settings, None when people sign in with tokens alone. Raises `SettingsError`."""
    return read_provider(settings.provider, network) if settings.provider is not None else None


def read_provider(file: Path, network: Network) -> Provider:
    """The provider of a file, checked against the network; raises `SettingsError`, never with a secret."""
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as failure:
        # The text of a TOML error may quote the line, and the line may be a secret.
        raise SettingsError(f"provider: {file} is not a readable TOML file") from failure
    entry = f"provider: {file}"
    table, grants = document.get("provider"), document.get("grant")
    if unknown := sorted(set(document) - {"provider", "grant"}):
        raise SettingsError(f"{entry}: unknown table '{unknown[0]}'; known are [provider] and [[grant]]")
    if not isinstance(table, dict):
        raise SettingsError(f"{entry}: there is no [provider] table")
    if not isinstance(grants, list) or not grants or not all(isinstance(one, dict) for one in grants):
        raise SettingsError(f"{entry}: there is no [[grant]] table; without one nobody has a role")
    found = tuple(_grant(one, f"{entry}, grant {number}", network) for number, one in enumerate(grants, 1))
    return _provider(table, entry, found)


def _provider(table: Mapping[str, Any], entry: str, grants: tuple[Grant, ...]) -> Provider:
    _check_kinds(table, entry)
    for key in ("issuer", "client_id", "address"):
        if not table.get(key):
            raise SettingsError(f"{entry}: '{key}' is missing")
    if bool(table.get("client_secret")) == bool(table.get("client_key")):
        raise SettingsError(f"{entry}: write either 'client_key', the path of a private key, or 'client_secret'")
    for key in ("issuer", "address"):
        _check_address(table[key], f"{entry}: '{key}'")
    if urlsplit(table["address"]).path:
        raise SettingsError(f"{entry}: 'address' must be an origin, as in https://index.example.nhs.uk")
    if not _NAME.fullmatch(table.get("name", "single sign-on")):
        raise SettingsError(f"{entry}: 'name' must be 1 to 60 characters")
    if not 0 < table.get("strong_seconds", 1) <= 43_200:
        raise SettingsError(f"{entry}: 'strong_seconds' must be 1 to 43200")
    if "openid" not in table.get("scopes", ["openid"]):
        raise SettingsError(f"{entry}: 'scopes' must hold openid")
    given: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    for key in ("client_secret", "client_key", "client_key_id", "client_algorithm"):
        given.pop(key, None)
    _check_algorithms(given.get("algorithms", ()), f"{entry}: 'algorithms'")
    _check_trust(given.get("ca", ""), entry)
    return Provider(**{"name": "single sign-on", "grants": grants, **given, **_own_key(table, entry)})


def _check_kinds(table: Mapping[str, Any], entry: str) -> None:
    for key, value in table.items():
        if key not in _SCHEMA:
            raise SettingsError(f"{entry}: unknown key '{key}'; known are {', '.join(sorted(_SCHEMA))}")
        kind = _SCHEMA[key]
        texts = kind is not list or (isinstance(value, list) and all(isinstance(one, str) and one for one in value))
        if type(value) is not kind or not texts:
            raise SettingsError(f"{entry}: '{key}' must be {_KINDS[kind]}")


def _check_address(address: str, entry: str) -> None:
    parts = urlsplit(address)
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
    if not safe or not parts.hostname or parts.query or parts.fragment or parts.username is not None:
        raise SettingsError(f"{entry} must be an https:// address without query (http:// on this machine only)")


def _check_algorithms(algorithms: tuple[str, ...], entry: str) -> None:
    for one in algorithms:
        if one not in _SIGNED_BY_A_KEY:
            raise SettingsError(f"{entry}: '{one}' is not allowed; write some of {', '.join(_SIGNED_BY_A_KEY)}")


def _check_trust(ca: str, entry: str) -> None:
    if ca:
        try:
            ssl.create_default_context(cafile=ca)
        except (OSError, ssl.SSLError) as failure:
            raise SettingsError(f"{entry}: 'ca' names {ca}, which holds no readable certificate") from failure


def _own_key(table: Mapping[str, Any], entry: str) -> dict[str, str]:
    """How we say who we are: as `Provider` wants it."""
    if secret := table.get("client_secret", ""):
        if len(secret) < 24:
            raise SettingsError(f"{entry}: 'client_secret' is too short to be a secret")
        return {"secret": secret}
    algorithm = table.get("client_algorithm", "RS512")
    _check_algorithms((algorithm,), f"{entry}: 'client_algorithm'")
    try:
        key = Path(table["client_key"]).read_text(encoding="utf-8")
        read = (ECKey if algorithm.startswith("ES") else RSAKey).import_key(key)
    except (OSError, ValueError, TypeError, JoseError) as failure:
        raise SettingsError(f"{entry}: 'client_key' names no readable private key for {algorithm}") from failure
    if not read.is_private:
        raise SettingsError(f"{entry}: 'client_key' names a public key; the private one is needed")
    return {"key": key, "key_id": table.get("client_key_id", "") or read.thumbprint(), "key_algorithm": algorithm}


def _grant(table: Mapping[str, Any], entry: str, network: Network) -> Grant:
    if unknown := sorted(set(table) - {"code", "role", "organisation"}):
        raise SettingsError(f"{entry}: unknown key '{unknown[0]}'; known are code, role, organisation")
    words = {key: str(table.get(key, "")) for key in ("code", "role", "organisation")}
    if not words["code"]:
        raise SettingsError(f"{entry}: 'code' is missing")
    if words["role"] not in _PEOPLE:
        raise SettingsError(f"{entry}: no role '{words['role']}' of people; write one of {', '.join(_PEOPLE)}")
    if words["organisation"] and words["organisation"] not in network.organisation_by_code:
        raise SettingsError(f"{entry}: organisation '{words['organisation']}' is not in the network")
    return Grant(words["code"], Role(words["role"]), words["organisation"])
