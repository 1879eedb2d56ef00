"""Bearer tokens: whose they are and what they may do (SEC-5).

A token file is TOML, one table for each caller, with the token's SHA-256 (preferred) or the token itself:

    [[token]]
    sha256 = "9f86d0..."          # or: token = "at least 24 random characters"
    user = "bolton-pas"
    role = "feed"
    organisation = "RMC"
    feed = "bolton"               # only for the role feed
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
import secrets
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from mpi.domain.access import Caller, Right, Role
from mpi.domain.network import Network
from mpi.errors import SettingsError
from mpi.settings import Settings

Callers = Mapping[str, Caller]
"""Callers by the SHA-256 of their token, in hexadecimal."""

_KEYS = {"token", "sha256", "user", "role", "organisation", "feed", "purpose"}


def token_hash(token: str) -> str:
    """The SHA-256 of a token, 64 hexadecimal digits: what is stored and compared."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_caller(callers: Callers, token: str) -> Caller | None:
    """Whose token this is, None when nobody's; takes the same time whichever it is."""
    sought = token_hash(token)
    found = None
    for known, caller in callers.items():
        if hmac.compare_digest(known, sought):
            found = caller
    return found


def reviewers(callers: Callers) -> frozenset[str]:
    """The users who may be given a review task."""
    return frozenset(caller.user for caller in callers.values() if caller.may(Right.REVIEW))


def load_callers(settings: Settings, network: Network) -> Callers:
    """Everybody who may call, checked against the network.

    Without configured tokens, one administrator's token is made under data_dir (see `development_token`). Raises
    `SettingsError` that names the file and the entry.
    """
    callers: dict[str, Caller] = {}
    if settings.tokens is not None:
        callers.update(read_tokens(settings.tokens))
    if admin := settings.admin_token.get_secret_value():
        callers[token_hash(admin)] = Caller("admin", Role.ADMINISTRATOR, "local")
    if not settings.tokens_configured:
        callers[token_hash(development_token(settings.data_dir))] = _DEVELOPER
    _check(callers.values(), network)
    return callers


_DEVELOPER = Caller("developer", Role.ADMINISTRATOR, "local")


def development_token(data_dir: Path) -> str:
    """The administrator's token of this data directory, made at the first call; only the owner can read the file."""
    file = data_dir / "tokens.toml"
    _make_once(
        file,
        "# Made for development; this machine only.\n[[token]]\n"
        f'token = "{secrets.token_urlsafe(32)}"\n'
        f'user = "{_DEVELOPER.user}"\nrole = "{_DEVELOPER.role}"\norganisation = "local"\n',
    )
    return str(_tables(file)[0]["token"])


def session_key(settings: Settings) -> str:
    """What signs the pages' cookies: the setting, else a key made under data_dir at the first call."""
    if given := settings.session_key.get_secret_value():
        return given
    file = settings.data_dir / "session.key"
    _make_once(file, secrets.token_urlsafe(48))
    return file.read_text(encoding="utf-8")


def _make_once(file: Path, content: str) -> None:
    """Write a secret file unless it is there; only the owner can read it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f"{file.stem}.{secrets.token_hex(8)}.new")
    # Linked into place when complete: of several processes starting at once one wins, and all read what it wrote.
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(content)
    with contextlib.suppress(FileExistsError):
        os.link(draft, file)
    draft.unlink()


def read_tokens(file: Path) -> Callers:
    """The callers of a token file; raises `SettingsError` that names the file and the entry, never a token."""
    callers: dict[str, Caller] = {}
    for number, table in enumerate(_tables(file), 1):
        entry = f"tokens: {file}, entry {number}"
        digest, caller = _digest(table, entry), _caller(table, entry)
        if digest in callers:
            raise SettingsError(f"{entry}: the same token as {callers[digest].user}'s; every caller needs their own")
        callers[digest] = caller
    return callers


def read_document(file: Path) -> dict[str, object]:
    """All tables of a token file; raises `SettingsError` that names the file, never what is in it."""
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as failure:
        # The text of a TOML error may quote the line, and the line may be a token.
        raise SettingsError(f"tokens: {file} is not a readable TOML file") from failure


def _tables(file: Path) -> list[dict[str, object]]:
    tables = read_document(file).get("token")
    if not isinstance(tables, list) or not tables or not all(isinstance(t, dict) for t in tables):
        raise SettingsError(f"tokens: {file} has no [[token]] table; write one for each caller")
    return tables


def _digest(table: Mapping[str, object], entry: str) -> str:
    token, digest = str(table.get("token", "")), str(table.get("sha256", ""))
    if bool(token) == bool(digest):
        raise SettingsError(f"{entry}: write either 'sha256' or 'token'")
    if token and len(token) < 24:
        raise SettingsError(f"{entry}: 'token' is too short to be a secret; write at least 24 random characters")
    if digest and not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise SettingsError(f"{entry}: 'sha256' must be 64 hexadecimal digits in lower case")
    return digest or token_hash(token)


def _caller(table: Mapping[str, object], entry: str) -> Caller:
    if unknown := sorted(set(table) - _KEYS):
        raise SettingsError(f"{entry}: unknown key '{unknown[0]}'; known are {', '.join(sorted(_KEYS))}")
    words = {key: str(table.get(key, "")) for key in ("user", "role", "organisation", "feed")}
    for key in ("user", "role", "organisation"):
        if not words[key]:
            raise SettingsError(f"{entry}: '{key}' is missing")
    if words["role"] not in list(Role):
        raise SettingsError(f"{entry}: no role '{words['role']}'; write one of {', '.join(Role)}")
    role = Role(words["role"])
    if (role is Role.FEED) != bool(words["feed"]):
        raise SettingsError(f"{entry}: the role feed needs the key 'feed', and no other role may have it")
    purpose = str(table.get("purpose", "direct-care"))
    return Caller(words["user"], role, words["organisation"], purpose, words["feed"])


def _check(callers: Iterable[Caller], network: Network) -> None:
    """A caller speaks for a feed of this network, and from the organisation that sends it (promise 8)."""
    for caller in callers:
        feed = network.feed_by_id.get(caller.feed)
        if caller.feed and feed is None:
            raise SettingsError(f"tokens: {caller.user}'s feed '{caller.feed}' is not in the network")
        if feed is not None and feed.organisation != caller.organisation:
            raise SettingsError(f"tokens: feed '{feed.id}' is {feed.organisation}'s, not {caller.organisation}'s")
