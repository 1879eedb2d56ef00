"""An archive as the operator names it: an application entity that answers C-FIND, or the address of QIDO-RS."""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import httpx

from adapters.dicom.find import Peer, find_studies
from adapters.dicom.listing import Ask
from adapters.dicom.qido import WebPeer, search_studies
from mpi.errors import SettingsError
from mpi.settings import is_loopback

T = TypeVar("T")
_PEER = re.compile(r"(?P<title>[^@]{1,16})@(?P<host>.+):(?P<port>\d{1,5})")
_WEB = re.compile(r"(?:(?P<title>[^@:/]{1,16})@)?(?P<url>https?://\S+)", re.IGNORECASE)
_HOW = (
    "write AETITLE@host:port, as in GM_VNA@127.0.0.1:4242, or the address of QIDO-RS, as in https://vna/dicom-web"
    " (AETITLE@https://... where images that name no issuer are those of this title)"
)


@dataclass(frozen=True, slots=True)
class Access:
    """What an archive on the web wants of us, and we of it: the file of a bearer token, and who signs its
    certificate."""

    token_file: Path | None = None
    ca: Path | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """How an archive is asked for a span of studies; `ae_title` is "" when it is not said."""

    ask: Ask
    ae_title: str
    name: str
    event: str


def peer_of(text: str, calling: str, access: Access) -> Asked:
    """The peer that `text` names. Raises `SettingsError` when it names none, or for a token or certificate that
    cannot be used."""
    if web := _WEB.fullmatch(text):
        return _web(web["url"], web["title"] or "", access)
    found = _PEER.fullmatch(text)
    if found is None or not 0 < int(found["port"]) < 65536:
        raise SettingsError(f"--peer: '{text}' is no peer; {_HOW}")
    if access != Access():
        raise SettingsError("--token-file, --ca: are for QIDO-RS; C-FIND knows neither")
    peer = Peer(found["host"].strip("[]"), int(found["port"]), found["title"], calling)
    return Asked(partial(find_studies, peer), peer.ae_title, peer.ae_title, "C-FIND")


def _web(address: str, title: str, access: Access) -> Asked:
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL:
        raise SettingsError(f"--peer: the address cannot be read; {_HOW}") from None
    if not url.host or url.userinfo or url.query or url.fragment:
        raise SettingsError("--peer: the address of QIDO-RS has a host, and no password, query or fragment")
    if url.scheme == "http" and not is_loopback(url.host):
        # Names and birth dates come back, and a token may go: neither crosses a network in the open (SEC-4).
        raise SettingsError("--peer: beyond this machine QIDO-RS is asked over TLS only; write https://")
    token = _read(access.token_file, _token) if access.token_file else ""
    tls = _read(access.ca, _trust) if access.ca else None
    peer = WebPeer(address, token, tls, title)
    return Asked(partial(search_studies, peer), title, peer.name, "QIDO-RS")


def _read(file: Path, read: Callable[[Path], T]) -> T:
    try:
        return read(file)
    except (OSError, ValueError) as failure:
        raise SettingsError(f"{file}: cannot be used: {type(failure).__name__}") from None


def _token(file: Path) -> str:
    token = file.read_text(encoding="ascii").strip()
    if not re.fullmatch(r"[A-Za-z0-9._~+/=-]+", token):  # RFC 6750 2.1
        raise ValueError("no bearer token")
    return token


def _trust(file: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(file))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
